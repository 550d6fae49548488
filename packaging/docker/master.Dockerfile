# The image of a master. It needs no step that runs in the image, so it is built for another platform without emulation.
#
#   docker build -f packaging/docker/master.Dockerfile -t podling-master .
#   docker run -d -p 8080:8080 -e PODLING_TOKEN=... -v podling-master:/var/lib/podling podling-master
#
# The base must have the C library of GNU.
ARG BASE=debian:12-slim
FROM ${BASE}
ARG PODLING=bin/podling
COPY ${PODLING} /usr/local/bin/podling
# The folder exists with the right owner before a volume is mounted there.
COPY --chown=65532:65532 packaging/docker/data /var/lib/podling
USER 65532:65532
VOLUME /var/lib/podling
EXPOSE 8080
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/local/bin/podling", "master", "--data-dir", "/var/lib/podling/master"]
CMD ["--host", "0.0.0.0"]
