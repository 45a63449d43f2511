// Looks for new mail every two seconds and loads the list again when there is some.
// While the tab is hidden it rests.
"use strict";
const known = Number(document.body.dataset.newest);
async function look() {
  if (document.hidden) return;
  try {
    const answer = await fetch("messages.json");
    const { messages } = await answer.json();
    document.getElementById("status").textContent = "";
    if ((messages[0]?.id ?? 0) !== known) location.reload();
  } catch {
    document.getElementById("status").textContent = "The mailbox does not answer; is it still running?";
  }
}
setInterval(look, 2000);
document.addEventListener("visibilitychange", look);
