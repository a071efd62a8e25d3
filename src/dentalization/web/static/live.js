// Keeps a part of the page as it is on the server, told by Server-Sent Events, without reloading the page.
const live = document.querySelector("[data-live]");
const notice = document.querySelector("[data-live-notice]");
const status = document.querySelector("[data-live-status]");
let timer;
let late = false;

// Nobody's place in the list and nothing that is being typed is taken away: then a link says that there is news.
const busy = () => live.contains(document.activeElement);

async function refresh() {
  if (busy()) {
    late = true;
    notice.hidden = false;
    return;
  }
  late = false;
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (!answer.ok || answer.redirected) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("[data-live]");
    if (!fresh || busy()) return;
    live.replaceChildren(...fresh.childNodes);
    notice.hidden = true;
    status.textContent = status.dataset.liveStatus;
  } catch {
    // The network is away; the source connects again and tells what was missed.
  }
}

function soon() {
  clearTimeout(timer);
  timer = setTimeout(refresh, 200);
}

const source = new EventSource(live.dataset.live);
for (const kind of [...live.dataset.kinds.split(" "), "reset"]) source.addEventListener(kind, soon);
live.addEventListener("focusout", () => late && soon());
addEventListener("pagehide", () => source.close());
