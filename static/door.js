// The door on the day. Arrivals go to the server at once; without a network they wait in this
// browser and are sent, with the time at which they were noted, when it is back. Telling the
// server twice does no harm: the first arrival stands.
"use strict";
(() => {
  const door = document.querySelector("[data-door]");
  if (!door) return;
  const said = door.querySelector("[data-door-said]");
  const queueLine = door.querySelector("[data-door-queue]");
  const code = door.querySelector("#code");
  const url = door.dataset.door;
  const key = `door:${url}`;
  const token = () => door.querySelector("[name=csrf_token]").value;
  let isSending = false;

  const waiting = () => JSON.parse(localStorage.getItem(key) || "[]");
  const keep = (arrivals) => {
    if (arrivals.length) localStorage.setItem(key, JSON.stringify(arrivals));
    else localStorage.removeItem(key);
    queueLine.hidden = !arrivals.length;
    queueLine.textContent = arrivals.length === 1
      ? "1 arrival waits for the network; it is kept in this browser."
      : `${arrivals.length} arrivals wait for the network; they are kept in this browser.`;
  };
  const say = (text, kind) => {
    said.textContent = text;
    said.dataset.kind = kind;
  };
  const show = () => {
    const words = door.querySelector("#q").value;
    window.htmx?.ajax("GET", `${url}?q=${encodeURIComponent(words)}`, { target: "#door-found", swap: "outerHTML" });
  };

  // What the server said; null where it could not be reached, or somebody must sign in again.
  const tell = async (arrival) => {
    const form = new URLSearchParams({ csrf_token: token(), noted_at: arrival.noted_at });
    form.set(arrival.code ? "code" : "invitation", arrival.code || arrival.invitation);
    try {
      const answer = await fetch(url, {
        method: "POST", body: form, headers: { Accept: "application/json" },
        redirect: "manual", signal: AbortSignal.timeout(8000),
      });
      const isJson = answer.headers.get("Content-Type")?.startsWith("application/json");
      return isJson && answer.status < 500 ? await answer.json() : null;
    } catch {
      return null;
    }
  };

  const sendWaiting = async () => {
    if (isSending) return;
    isSending = true;
    const problems = [];
    let sent = 0;
    let last;
    for (let arrivals = waiting(); arrivals.length; arrivals = waiting()) {
      const answer = await tell(arrivals[0]);
      if (!answer) break;
      if (!answer.is_known) problems.push(`${arrivals[0].name || "A code"}: ${answer.text}`);
      sent += 1;
      last = answer;
      keep(waiting().slice(1));
    }
    isSending = false;
    if (problems.length) say(problems.join(" "), "bad");
    else if (sent && !waiting().length) say(sent === 1 ? last.text : `The ${sent} arrivals that waited are noted.`, "good");
    if (sent) show();
  };

  const arrive = async (arrival) => {
    arrival.noted_at = Date.now();
    const answer = await tell(arrival);
    if (!answer) {
      keep([...waiting(), arrival]);
      say(`${arrival.name || "The code"} is noted here and will be sent. If this stays so, open this page again and sign in.`, "again");
      return;
    }
    say(answer.text, answer.is_known ? (answer.is_news ? "good" : "again") : "bad");
    show();
  };

  door.addEventListener("submit", (event) => {
    const form = event.target;
    if (!("arrival" in form.dataset)) return;
    event.preventDefault();
    const fields = new FormData(form);
    arrive({ code: fields.get("code")?.trim(), invitation: fields.get("invitation"), name: form.dataset.arrival });
    if (fields.has("code")) {
      code.value = "";
      code.focus();
    }
  });

  const camera = door.querySelector("[data-door-camera]");
  const video = door.querySelector("[data-door-video]");
  let last = "";

  // Gives what reads a code in the picture: the browser itself where it can, else a library, which
  // is fetched at once, so that it is there when the network is not.
  const fetched = () => new Promise((done, failed) => {
    const script = document.createElement("script");
    script.src = door.dataset.doorDecoder;
    script.addEventListener("load", () => done(window.jsQR));
    script.addEventListener("error", failed);
    document.head.append(script);
  });
  const byBrowser = () => {
    const detector = new BarcodeDetector({ formats: ["qr_code"] });
    return async () => (await detector.detect(video))[0]?.rawValue;
  };
  const byLibrary = (jsQR) => {
    const context = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    return async () => {
      const scale = Math.min(1, 720 / Math.max(video.videoWidth, video.videoHeight));
      const [width, height] = [video.videoWidth, video.videoHeight].map((side) => Math.round(side * scale));
      Object.assign(context.canvas, { width, height });
      context.drawImage(video, 0, 0, width, height);
      const { data } = context.getImageData(0, 0, width, height);
      return jsQR(data, width, height, { inversionAttempts: "dontInvert" })?.data;
    };
  };

  const look = async (read) => {
    if (video.hidden) return;
    try {
      const found = await read();
      if (found && found !== last) {
        last = found;
        setTimeout(() => { last = ""; }, 4000);
        await arrive({ code: last.slice(0, 200), name: "" });
      }
    } catch { /* A frame that is not ready yet. */ }
    setTimeout(() => look(read), 200);
  };
  const start = async () => {
    const read = await ("BarcodeDetector" in window ? byBrowser() : fetched().then(byLibrary));
    camera.hidden = false;
    camera.addEventListener("click", async () => {
      if (!video.hidden) {
        for (const track of video.srcObject.getTracks()) track.stop();
        video.hidden = true;
        camera.textContent = "Scan with the camera";
        return;
      }
      try {
        video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
      } catch {
        say("The camera is not free, or not allowed for this page.", "bad");
        return;
      }
      video.hidden = false;
      camera.textContent = "Stop the camera";
      await video.play();
      look(read);
    });
  };
  if (navigator.mediaDevices) start().catch(() => {});  // without one, hand scanners and names do

  window.addEventListener("online", sendWaiting);
  setInterval(sendWaiting, 10000);
  keep(waiting());
  sendWaiting();
})();
