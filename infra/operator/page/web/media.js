// A delivered object: an image, a player, or its name.

// shown returns an element that shows an object; small is for lists. It tries an object of unknown type as an image,
// then as a video.
function shown(object, { small = false, alt = object.name, onload } = {}) {
  const box = el("div", { class: "media" });
  const show = (...kinds) => {
    if (!object.url || object.empty || !kinds.length) return box.replaceChildren(asFile(object, small));
    const [kind, ...rest] = kinds;
    const media = { image: asImage, video: asVideo, audio: asSound, file: asFile }[kind](object, small, alt);
    media.addEventListener("error", () => show(...rest), { once: true });
    if (onload) media.addEventListener(kind === "image" ? "load" : "loadedmetadata", () => onload(media), { once: true });
    box.replaceChildren(media);
  };
  show(...{ image: ["image"], video: ["video"], audio: ["audio"], file: [] }[object.kind] ?? ["image", "video"]);
  return box;
}

const asImage = (object, small, alt) => el("img", { alt, decoding: "async", src: object.url, draggable: false });

const asVideo = (object, small, alt) => small
  ? el("video", { muted: true, preload: "metadata", src: object.url + "#t=0.1", "aria-label": alt, tabIndex: -1, disablePictureInPicture: true })
  : el("video", { controls: true, preload: "metadata", src: object.url, "aria-label": alt, loop: true });

function asSound(object, small, alt) {
  if (small) return el("span", { class: "glyph" }, icon("sound"), extension(object));
  return el("audio", { controls: true, preload: "metadata", src: object.url, "aria-label": alt });
}

const extension = (object) => /\.([^.]{1,12})$/.exec(object.name)?.[1].replace(/^None$/, "file") ?? "file";

function asFile(object, small) {
  if (small) return el("span", { class: "glyph" }, icon("file"), object.empty ? "empty" : extension(object));
  const expired = !data.live && data.until && Date.now() > data.until && !object.url?.startsWith("data:");
  const why = object.empty ? "The file has no bytes: the guidance could not fetch it from its runtime."
    : !object.url ? "It can't be reached from here."
      : object.kind === "file" ? "Browsers don't show files of this type." : expired ? "The link has expired." : "It can't be shown.";
  return el("div", { class: "file" }, icon("file"), el("bdi", {}, object.name), el("p", {}, why), download(object));
}

const download = (object) => object.url && el("a", { class: "button", href: object.download ?? object.url, download: object.name,
  target: "_blank", rel: "noreferrer" }, icon("down"), "Download");

// thumbnail returns an element that shows an object in a list.
const thumbnail = (object, alt = "") => shown(object, { small: true, alt });
