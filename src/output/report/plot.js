// The progress plot: the trial under the pointer, a click, and a brush that filters the table. The picture itself is in the
// page already.
"use strict";

const SVG = "http://www.w3.org/2000/svg";
const hint = document.getElementById("hint");

function place(value, [from, to, start, end]) {
  const isHuge = !Number.isFinite(to - from);
  const ratio = isHuge ? (value / 2 - from / 2) / (to / 2 - from / 2) : (value - from) / (to - from);
  const part = Math.min(1, Math.max(0, ratio));
  return start + part * (end - start);
}

class Plot {
  constructor(holder) {
    this.svg = holder.querySelector("svg");
    this.scales = data.plots[holder.dataset.plot];
    this.points = trials.filter((trial) => trial.place !== null).map((trial) => this.pointOf(trial));
    this.mark = this.add("circle", "selected");
    this.brush = this.add("rect", "brush");
    this.start = undefined;
    this.svg.addEventListener("pointermove", (event) => this.move(event));
    this.svg.addEventListener("pointerdown", (event) => this.press(event));
    this.svg.addEventListener("pointerup", (event) => this.release(event));
    this.svg.addEventListener("pointerleave", () => (hint.hidden = true));
    listeners.push(() => this.update());
  }

  add(name, style) {
    const made = document.createElementNS(SVG, name);
    made.setAttribute("class", style);
    made.setAttribute("visibility", "hidden");
    this.svg.append(made);
    return made;
  }

  /** Where a trial is; one without a comparable score is in the lanes below the axis. */
  pointOf(trial) {
    const isBelow = trial.score === null || kindOf(trial.status) === "failed" || kindOf(trial.status) === "ignored";
    const y = isBelow ? this.scales.y[2] + 34 : place(trial.score, this.scales.y);
    return { trial, x: place(trial.place, this.scales.x), y, isBelow };
  }

  /** The position of the pointer in the coordinates of the picture. */
  position(event) {
    const frame = this.svg.getBoundingClientRect();
    const scale = this.svg.viewBox.baseVal.width / frame.width;
    return { x: (event.clientX - frame.left) * scale, y: (event.clientY - frame.top) * scale };
  }

  nearest({ x, y }) {
    const isBelow = y > this.scales.y[2] + 24;
    let [found, least] = [undefined, 24 * 24];
    for (const point of this.points) {
      if (point.isBelow !== isBelow) continue;
      const distance = (point.x - x) ** 2 + (isBelow ? 0 : (point.y - y) ** 2);
      if (distance < least) [found, least] = [point, distance];
    }
    return found;
  }

  press(event) {
    if (event.button !== 0) return;
    this.start = this.position(event);
    this.svg.setPointerCapture(event.pointerId);
  }

  move(event) {
    const here = this.position(event);
    if (this.start && Math.abs(here.x - this.start.x) > 6) {
      hint.hidden = true;
      this.showBrush(this.start.x, here.x);
      return;
    }
    const point = this.nearest(here);
    hint.hidden = !point;
    if (!point) return;
    const { trial } = point;
    const score = trial.score === null ? "" : " " + textOf(trial, "score");
    hint.textContent = `${trial.id} ${trial.status}${score} · ${textOf(trial, "hypothesis").slice(0, 160)}`;
    hint.style.left = Math.min(event.clientX + 14, innerWidth - 356) + "px";
    hint.style.top = event.clientY + 16 + "px";
  }

  release(event) {
    if (!this.start) return;
    const [start, end] = [this.start.x, this.position(event).x].sort((a, b) => a - b);
    this.start = undefined;
    if (end - start > 6) {
      change({ from: this.valueAt(start), to: this.valueAt(end) });
      return;
    }
    const point = this.nearest(this.position(event));
    if (point) openTrial(point.trial);
    else if (state.from !== "") change({ from: "", to: "" });
  }

  /** The number on the horizontal axis at a place. */
  valueAt(x) {
    const [from, to, start, end] = this.scales.x;
    return String(Math.round((from + ((x - start) / (end - start)) * (to - from)) * 100) / 100);
  }

  showBrush(start, end) {
    const [bottom, top] = this.scales.y.slice(2);
    const sides = { x: Math.min(start, end), width: Math.abs(end - start), y: top, height: bottom - top };
    for (const [key, value] of Object.entries(sides)) this.brush.setAttribute(key, value);
    this.brush.setAttribute("visibility", "visible");
  }

  update() {
    if (state.from === "") this.brush.setAttribute("visibility", "hidden");
    else this.showBrush(place(Number(state.from), this.scales.x), place(Number(state.to), this.scales.x));
    const trial = selected();
    const point = trial && this.points.find((other) => other.trial === trial);
    this.mark.setAttribute("visibility", point ? "visible" : "hidden");
    if (!point) return;
    this.mark.setAttribute("cx", point.x);
    this.mark.setAttribute("cy", point.y);
    this.mark.setAttribute("r", 9);
  }
}

function startPlots() {
  for (const holder of document.querySelectorAll("[data-plot]")) new Plot(holder);
}
