// SPDX-License-Identifier: MIT
// The installer's page: which release, what this browser can do, and that nothing is erased under the name of an update.
import { update } from "./update.js";

const button = document.querySelector("esp-web-install-button");
const releases = document.getElementById("release");
const again = document.getElementById("update");
const able = window.isSecureContext && "serial" in navigator;

document.getElementById("insecure").hidden = window.isSecureContext;
document.getElementById("browser").hidden = able || !window.isSecureContext;
again.hidden = !able;
document.querySelector(".ways").hidden = !able;

// An image replaces the whole flash, settings too: it is never an update, whatever the board says it runs.
button.overrides = { checkSameFirmware: () => false };

releases.addEventListener("change", () => {
  button.setAttribute("manifest", `${releases.value}/manifest.json`);
});

again.addEventListener("click", async () => {
  const line = document.getElementById("progress");
  const bar = document.getElementById("bar");
  const show = (text, part) => {
    line.textContent = text;
    line.className = "";
    bar.hidden = part === undefined;
    if (part !== undefined) bar.value = part;
  };
  again.disabled = true;
  try {
    await update(releases.value, show);
  } catch (error) {
    if (error.name === "NotFoundError") {
      show("No board was chosen."); // the browser's list was closed
    } else {
      show(error.message);
      line.className = "bad";
    }
  } finally {
    again.disabled = false;
  }
});
