// A card that asks one thing and shows what came of it. Everything works from the keyboard: type, press Enter.
// Inputs are text fields because JupyterLab takes single keys elsewhere as commands.

function field(form, label, name, width) {
  const holder = document.createElement("label");
  holder.append(label + " ");
  const input = document.createElement("input");
  input.name = name;
  input.type = "text";
  input.autocomplete = "off";
  input.style.cssText = `width:${width};font:inherit;padding:.15em .4em;margin-right:1em`;
  holder.append(input);
  form.append(holder);
  return input;
}

function render({ model, el }) {
  let shown = "";
  const draw = () => {
    const view = model.get("view");
    const hadFocus = el.contains(document.activeElement);
    const typed = Object.fromEntries([...el.querySelectorAll("input")].map((input) => [input.name, input.value]));
    const same = shown === view.heading + view.text; // the question stays up: so does what was typed
    shown = view.heading + view.text;
    el.replaceChildren();
    const card = document.createElement("div");
    card.style.cssText = `${view.style};font-size:14px`;
    for (const [part, style] of [["feedback", ""], ["heading", "font-weight:600"], ["text", ""]]) {
      const box = document.createElement("div");
      box.className = `vae-card-${part}`;
      box.style.cssText = style;
      box.innerHTML = view[part] || "";
      if (part === "feedback") box.setAttribute("role", "status");
      card.append(box);
    }
    el.append(card);
    if (!view.fields.length) return;

    const form = document.createElement("form");
    form.style.marginTop = ".5em";
    const list = document.createElement("ol");
    list.style.margin = ".3em 0";
    for (const choice of view.choices || []) {
      const item = document.createElement("li");
      item.textContent = choice;
      list.append(item);
    }
    if (list.children.length) form.append(list);
    const inputs = view.fields.map(([name, label, width]) => field(form, label, name, width));
    if (same) inputs.forEach((input) => { input.value = typed[input.name] ?? ""; });
    [...list.children].forEach((item, index) => {
      item.style.cursor = "pointer";
      item.onclick = () => { inputs[0].value = index + 1; (inputs[1] || inputs[0]).focus(); };
    });
    const button = document.createElement("button");
    button.type = "submit";
    button.textContent = view.button;
    button.style.cssText = "font:inherit;padding:.15em .9em";
    form.append(button);
    form.onsubmit = (event) => {
      event.preventDefault();
      button.disabled = true; // until the next view
      model.send(Object.fromEntries(inputs.map((input) => [input.name, input.value])));
    };
    form.onkeydown = (event) => { // JupyterLab keeps Enter from submitting a form by itself
      if (event.key !== "Enter" || event.target === button) return;
      event.preventDefault();
      form.requestSubmit();
    };
    card.append(form);
    if (hadFocus || view.focus) inputs[0].focus();
  };
  model.on("change:view", draw);
  draw();
}

export default { render };
