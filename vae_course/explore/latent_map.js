// A map of two-dimensional codes: press and drag, or use the arrow keys, and see the picture that belongs to the place.

const SIZE = 360, REACH = 3.5, STEP = 0.1;

function toPixel([a, b]) {
  return [((a + REACH) / (2 * REACH)) * SIZE, ((REACH - b) / (2 * REACH)) * SIZE];
}

function render({ model, el }) {
  const holder = document.createElement("div");
  holder.style.cssText = "display:flex;gap:20px;align-items:center;flex-wrap:wrap";
  const map = document.createElement("canvas");
  map.width = map.height = SIZE;
  map.tabIndex = 0;
  map.setAttribute("role", "application");
  map.setAttribute("aria-label", "Map of codes. The arrow keys move the chosen code.");
  map.style.cssText = "border:1px solid #999;background:#fff;touch-action:none;cursor:crosshair";
  const picture = document.createElement("canvas");
  picture.width = picture.height = 8;
  picture.style.cssText = "width:200px;height:200px;border:1px solid #999;image-rendering:pixelated";
  picture.setAttribute("role", "img");
  const words = document.createElement("div");
  words.setAttribute("role", "status");
  words.className = "latent-map-words";
  words.style.cssText = "flex-basis:100%;font-size:13px";
  holder.append(map, picture, words);
  el.append(holder);

  const draw = () => {
    const pen = map.getContext("2d");
    pen.clearRect(0, 0, SIZE, SIZE);
    pen.font = "10px sans-serif";
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    const colours = model.get("colours");
    for (const [a, b, label] of model.get("codes")) {
      const [x, y] = toPixel([a, b]);
      pen.fillStyle = colours[label];
      pen.fillText(label, x, y);
    }
    const [x, y] = toPixel(model.get("code"));
    pen.strokeStyle = "#000";
    pen.lineWidth = 2;
    pen.strokeRect(x - 6, y - 6, 12, 12);
    const pixels = model.get("pixels");
    const ink = picture.getContext("2d");
    const image = ink.createImageData(8, 8);
    pixels.forEach((value, i) => {
      const grey = Math.round(255 * (1 - value));
      image.data.set([grey, grey, grey, 255], 4 * i);
    });
    ink.putImageData(image, 0, 0);
    words.textContent = model.get("words");
    picture.setAttribute("aria-label", model.get("words"));
  };

  const choose = (code) => {
    model.set("code", code.map((value) => Math.max(-REACH, Math.min(REACH, value))));
    model.save_changes();
  };
  const follow = (event) => {
    if (!(event.buttons & 1)) return;
    const box = map.getBoundingClientRect();
    choose([
      ((event.clientX - box.left) / box.width) * 2 * REACH - REACH,
      REACH - ((event.clientY - box.top) / box.height) * 2 * REACH,
    ]);
  };
  map.addEventListener("pointerdown", (event) => {
    map.focus();
    follow(event);
  });
  map.addEventListener("pointermove", follow);
  map.addEventListener("keydown", (event) => {
    const moves = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, STEP], ArrowDown: [0, -STEP] };
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    event.stopPropagation();
    const [a, b] = model.get("code");
    choose([a + move[0], b + move[1]]);
  });
  for (const name of ["code", "pixels", "words"]) model.on(`change:${name}`, draw);
  draw();
}

export default { render };
