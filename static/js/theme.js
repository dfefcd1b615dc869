// Light or dark as the reader chose before, set before the first paint (a classic script in the head, so that
// nothing flashes), and the button that changes it. Knows nothing of the page but [data-theme-toggle].
(() => {
  const root = document.documentElement;
  const key = "pixelated.theme";

  function remembered() {
    try {
      return localStorage.getItem(key);
    } catch {
      return null;
    }
  }

  function remember(theme) {
    try {
      localStorage.setItem(key, theme);
    } catch {
      // A browser that keeps nothing still changes this page.
    }
  }

  function isDark() {
    if (root.dataset.theme) return root.dataset.theme === "dark";
    return matchMedia("(prefers-color-scheme: dark)").matches;
  }

  function label(button) {
    button.querySelector("[data-theme-words]").textContent = isDark() ? "Light colours" : "Dark colours";
  }

  const theme = remembered();
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;

  document.addEventListener("DOMContentLoaded", () => {
    for (const button of document.querySelectorAll("[data-theme-toggle]")) {
      button.hidden = false;
      label(button);
      button.addEventListener("click", () => {
        root.dataset.theme = isDark() ? "light" : "dark";
        remember(root.dataset.theme);
        label(button);
      });
    }
  });
})();
