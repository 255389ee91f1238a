// One event stream for all tabs of a browser: browsers open only six connections to a host without HTTP/2, and a stream
// keeps one. The tab that holds the lock has the stream and passes on what it hears; when it closes, the next gets the
// lock. A tab that answers no longer (phones put tabs to sleep) has the lock taken from it.
const REFUSED_MS = 60000; // a stream that was refused is asked for again after this
const LOOK_MS = 5000; // how often a visible tab asks whether somebody still has the stream

// Calls `heard(name, data)` for each event of the person who is signed in, and "state" with "on" or "off". Gives false
// where the browser cannot share a stream: the page then has to look for itself.
export function share(person, heard) {
  if (!navigator.locks || !window.BroadcastChannel) return false;
  const name = "steelyard-events-" + person;
  const channel = new BroadcastChannel(name);
  let leads = false;
  let state = "off";
  let answered = true;
  let leave = () => {};

  function tell(event, data) {
    channel.postMessage({ event, data });
    heard(event, data);
  }

  channel.onmessage = ({ data }) => {
    if (data.event === "who") {
      if (leads) channel.postMessage({ event: "state", data: state, again: true });
      return;
    }
    answered = true;
    if (data.again && data.data === state) return;
    if (data.event === "state") state = data.data;
    heard(data.event, data.data);
  };

  function lead() {
    leads = true;
    let stream;
    let waiting;
    function listen() {
      stream = new EventSource("/api/v1/events");
      stream.onopen = () => tell("state", (state = "on"));
      stream.onerror = () => {
        tell("state", (state = "off"));
        if (stream.readyState === EventSource.CLOSED) waiting = setTimeout(listen, REFUSED_MS);
      };
      for (const event of ["alert", "scale", "life", "resync"]) stream.addEventListener(event, ({ data }) => tell(event, data));
    }
    listen();
    return new Promise((resolve) => {
      leave = resolve;
    }).finally(() => {
      leads = false;
      clearTimeout(waiting);
      stream.close();
    });
  }

  function apply(options) {
    navigator.locks.request(name, options, lead).catch(() => {
      leave(); // the lock was taken from a tab that slept
      apply({});
    });
  }

  function look() {
    if (document.hidden || leads) return;
    if (!answered) apply({ steal: true });
    answered = false;
    channel.postMessage({ event: "who" });
  }

  apply({});
  look();
  setInterval(look, LOOK_MS);
  addEventListener("pagehide", () => leave());
  addEventListener("pageshow", (event) => event.persisted && location.reload());
  return true;
}
