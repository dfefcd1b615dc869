// The message box: what may be sent, Enter and Escape, saying an earlier turn differently. Focus stays here.
// Hands words to whoever listens; does not know how they travel.

/** Why a text cannot be sent, in words for the person, or "" when it can. */
export function whyNot(text, maxChars) {
  if (!text.trim()) return "Write something first.";
  const over = [...text].length - maxChars;
  if (over > 0) {
    return `${over.toLocaleString("en")} character${over === 1 ? "" : "s"} too many. Shorten it, or say it in two turns.`;
  }
  return "";
}

/** "3,900 of 4,000" from four fifths of the limit on, else "". */
export function counterWords(text, maxChars) {
  const length = [...text].length;
  if (length < maxChars * 0.8) return "";
  return `${length.toLocaleString("en")} of ${maxChars.toLocaleString("en")}`;
}

/**
 * Wires the form. `onSend(text, parentId)` gets parentId undefined to go on, or the parent of the turn said differently.
 * Returns {setBusy, note, edit, giveBack, pause}.
 */
export function composer({ form, maxChars, onSend, onStop }) {
  const part = (name) => form.querySelector(`[data-part="${name}"]`);
  const box = part("say");
  const noteLine = part("note");
  let busy = false;
  let paused = false;
  let editing = null;

  function note(words) {
    noteLine.textContent = words;
  }

  function count() {
    part("counter").textContent = counterWords(box.value, maxChars);
    const over = [...box.value].length > maxChars;
    if (over === (box.getAttribute("aria-invalid") === "true")) return;
    box.setAttribute("aria-invalid", String(over));
    note(over ? whyNot(box.value, maxChars) : "");
  }

  function setEditing(turn) {
    editing = turn;
    part("editing").hidden = !turn;
    if (turn) part("editing-n").textContent = String(turn.n);
  }

  function send() {
    if (paused) return;
    const refusal = busy ? "Wait until the reply is finished, or stop it." : whyNot(box.value, maxChars);
    if (refusal) {
      note(refusal);
      return;
    }
    const text = box.value.trim();
    const parentId = editing ? editing.parentId : undefined;
    box.value = "";
    setEditing(null);
    count();
    note("");
    onSend(text, parentId);
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send();
    box.focus();
  });
  box.addEventListener("input", count);
  box.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      send();
    }
  });
  part("keep").addEventListener("click", () => {
    setEditing(null);
    box.value = "";
    count();
    box.focus();
  });
  part("stop").addEventListener("click", () => {
    onStop();
    box.focus();
  });

  return {
    note,
    setBusy(isBusy) {
      busy = isBusy;
      part("stop").hidden = !isBusy;
      part("send").setAttribute("aria-disabled", String(isBusy || paused));
    },
    edit(turn) {
      setEditing(turn);
      box.value = turn.text;
      count();
      box.focus();
    },
    giveBack(text) {
      if (text && !box.value) box.value = text;
      count();
    },
    pause(isPaused) {
      paused = isPaused;
      box.readOnly = isPaused;
      part("send").setAttribute("aria-disabled", String(isPaused || busy));
      if (!isPaused) box.focus();
    },
  };
}
