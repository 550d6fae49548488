# The image of a worker. It uses the engine of the machine through its socket, so it runs as root.
#
#   docker build -f packaging/docker/worker.Dockerfile -t podling-worker .
#   docker run -d --network host -e PODLING_TOKEN=... -e PODLING_MASTER_URL=http://10.0.0.1:8080 \
#     -v /var/run/docker.sock:/var/run/docker.sock -v podling-worker:/var/lib/podling podling-worker
#
# The network of the host: the worker then has the machine's name and addresses. The base must have the C library of GNU.
ARG BASE=debian:12-slim
FROM ${BASE}
ARG PODLING=bin/podling
COPY ${PODLING} /usr/local/bin/podling
VOLUME /var/lib/podling
EXPOSE 8081
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/local/bin/podling", "worker", "--data-dir", "/var/lib/podling/worker"]
CMD ["--host", "0.0.0.0"]
