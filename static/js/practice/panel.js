// Help for the person who practises, above the message box. Comes from the server and stays; can be folded, not lost.
// Knows how to draw a panel and which addresses are safe to offer.

const SAFE = /^(tel:|sms:|https:\/\/|\/(?!\/))/;
const ICONS = { call: "call", text: "text", page: "page", person: "person" };

/** Whether an address may stand behind a button: a call, a text message, a secure page or a page of ours. */
export function isSafeAddress(href) {
  return typeof href === "string" && SAFE.test(href);
}

function drawAction(action, icons) {
  const link = document.getElementById("help-action").content.firstElementChild.cloneNode(true);
  link.href = action.href;
  link.querySelector("[data-part=label]").textContent = action.label;
  link.querySelector("use").setAttribute("href", `${icons}#${ICONS[action.kind] ?? "page"}`);
  return link;
}

/** Returns render(panel | null). `asked()` says whether the person opened it, so that focus may follow. */
export function helpPanelView({ root, icons, asked }) {
  const part = (name) => root.querySelector(`[data-part="${name}"]`);
  let drawn = null;

  return function render(panel) {
    if (panel === drawn) return;
    drawn = panel;
    root.hidden = !panel;
    if (!panel) return;
    root.open = true;
    part("title").textContent = panel.title;
    part("text").textContent = panel.text;
    part("actions").replaceChildren(
      ...panel.actions.filter((action) => isSafeAddress(action.href)).map((action) => drawAction(action, icons)),
    );
    if (asked()) part("title").closest("summary").focus();
  };
}
