// Asks how far the analysis is and goes on when it has ended.
const address = document.querySelector("[data-state]").dataset.state;

async function ask() {
  try {
    const answer = await fetch(address, { headers: { Accept: "application/json" } });
    if (answer.redirected || (answer.ok && (await answer.json()).ended)) {
      location.reload();
      return;
    }
  } catch {
    // The network is away for a moment: ask again.
  }
  setTimeout(ask, 500);
}
ask();
