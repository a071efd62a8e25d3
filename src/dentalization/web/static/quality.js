// How good a picture is, before it is sent: the same numbers as vision/quality.py, which alone decides.
const SIDE = 512;
const [WARM, SAME] = [12, 0.2505];

/** Block i of n along a side of s pixels begins at floor(i * s / n). */
function starts(side, count) {
  return Array.from({ length: count + 1 }, (_, index) => Math.floor((index * side) / count));
}

/** Means of whole blocks, red green blue in a row, no side above SIDE. */
function reduced({ data, width, height }) {
  const factor = Math.min(1, SIDE / Math.max(width, height));
  const [rows, columns] = [height, width].map((side) => Math.max(1, Math.floor(side * factor + 0.5)));
  const [tops, lefts] = [starts(height, rows), starts(width, columns)];
  const pixels = new Float64Array(rows * columns * 3);
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      const at = 3 * (row * columns + column);
      for (let y = tops[row]; y < tops[row + 1]; y += 1) {
        for (let x = lefts[column]; x < lefts[column + 1]; x += 1) {
          for (let channel = 0; channel < 3; channel += 1) pixels[at + channel] += data[4 * (y * width + x) + channel];
        }
      }
      const count = (tops[row + 1] - tops[row]) * (lefts[column + 1] - lefts[column]);
      for (let channel = 0; channel < 3; channel += 1) pixels[at + channel] /= count;
    }
  }
  return { pixels, rows, columns };
}

/** As NumPy's: linear between the two nearest of the sorted values. */
function percentile(values, share) {
  const sorted = Float64Array.from(values).sort();
  const place = (sorted.length - 1) * share;
  const low = Math.floor(place);
  return sorted[low] + (place - low) * (sorted[Math.min(low + 1, sorted.length - 1)] - sorted[low]);
}

function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function laplacians(grey, rows, columns) {
  const at = (row, column) =>
    grey[Math.min(Math.max(row, 0), rows - 1) * columns + Math.min(Math.max(column, 0), columns - 1)];
  return grey.map((value, index) => {
    const [row, column] = [Math.floor(index / columns), index % columns];
    return at(row - 1, column) + at(row + 1, column) + at(row, column - 1) + at(row, column + 1) - 4 * value;
  });
}

/** The share of neighbours in a row with the same grey. */
function flatness(grey, rows, columns) {
  if (columns < 2) return 1;
  const same = grey.filter((value, index) => index % columns && Math.abs(value - grey[index - 1]) < SAME);
  return same.length / (rows * (columns - 1));
}

/** Measures of an ImageData; what they are stands at Quality in vision/quality.py. */
export function qualityOf(image) {
  const { pixels, rows, columns } = reduced(image);
  const grey = new Float64Array(rows * columns);
  const brightest = new Float64Array(grey.length);
  const colour = new Float64Array(grey.length);
  let warm = 0;
  for (let index = 0; index < grey.length; index += 1) {
    const [red, green, blue] = pixels.subarray(3 * index, 3 * index + 3);
    grey[index] = 0.299 * red + 0.587 * green + 0.114 * blue;
    brightest[index] = Math.max(red, green, blue);
    colour[index] = brightest[index] - Math.min(red, green, blue);
    if (red - blue > WARM) warm += 1;
  }
  const edges = laplacians(grey, rows, columns);
  const middle = mean(edges);
  const scale = Math.min(1, Math.max(image.width, image.height) / SIDE);
  return {
    width: image.width,
    height: image.height,
    sharpness: mean(edges.map((value) => (value - middle) ** 2)) * scale ** 4,
    exposure: mean(grey) / 255,
    clipped: brightest.filter((value) => value >= 254).length / brightest.length,
    tones: (percentile(grey, 0.98) - percentile(grey, 0.02)) / 255,
    colour: percentile(colour, 0.95),
    warm: warm / grey.length,
    flat: flatness(grey, rows, columns),
  };
}

/** Codes of the refusals, as `gate` in vision/quality.py gives them. */
export function refusals(quality, kind, { limits, xrays, photos }) {
  const xray = xrays.includes(kind) || (!photos.includes(kind) && quality.colour <= limits.grey);
  const found = [];
  const [shorter, longer] = [quality.width, quality.height].sort((a, b) => a - b);
  if (shorter < limits.least_side) found.push("too-small");
  if (longer > limits.most_aspect * shorter) found.push("too-narrow");
  const dark = quality.exposure < limits.least_exposure;
  const bright = quality.exposure > limits.most_exposure;
  if (dark) found.push("too-dark");
  else if (bright) found.push("too-bright");
  else if (quality.tones < limits.least_tones) found.push("no-picture");
  if (found.length) return found;
  if (xray && quality.colour >= limits.xray_colour) return ["not-an-xray"];
  if (xray && quality.flat > limits.xray_flat) return ["neither"];
  if (xray) return quality.sharpness < limits.xray_sharpness ? ["blurred"] : [];
  if (quality.colour < limits.photo_colour) return ["not-a-photo"];
  if (quality.warm < limits.photo_warm) return ["neither"];
  if (quality.clipped > limits.photo_clipped) return ["too-bright"];
  return quality.sharpness < limits.photo_sharpness ? ["blurred"] : [];
}

/** The pixels of a file as they are stored, upright; null for one that this browser cannot show. */
export async function pixelsOf(file) {
  try {
    const bitmap = await createImageBitmap(file, { colorSpaceConversion: "none" });
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.drawImage(bitmap, 0, 0);
    return context.getImageData(0, 0, bitmap.width, bitmap.height);
  } catch {
    return null;
  }
}
