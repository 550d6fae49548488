// Image references as engines compare them: "nginx", "nginx:latest" and "docker.io/library/nginx:latest" are one.

/** "registry:5000/team/app:1" as image and tag, as engines want them for a pull; a digest counts as a tag. */
export function splitReference(image: string): { name: string; tag: string } {
  const at = image.indexOf("@");
  if (at >= 0) return { name: image.slice(0, at).replace(/:[^:/]*$/, ""), tag: image.slice(at + 1) };
  const colon = image.lastIndexOf(":");
  if (colon > image.lastIndexOf("/")) return { name: image.slice(0, colon), tag: image.slice(colon + 1) };
  return { name: image, tag: "latest" };
}

/** The short form with its tag or digest: "nginx:latest", "team/app:1", "nginx@sha256:...". */
export function plainReference(image: string): string {
  const { name, tag } = splitReference(image);
  const short = name.replace(/^(index\.)?docker\.io\//, "").replace(/^library\/(?=[^/]+$)/, "");
  return `${short}${tag.startsWith("sha256:") ? "@" : ":"}${tag}`;
}
