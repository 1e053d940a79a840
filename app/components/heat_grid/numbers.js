// Numbers as they are read: three digits, a true minus, powers of ten as such.

const MINUS = "\u2212";
const SUPERSCRIPT = { "-": "\u207b", 0: "\u2070", 1: "\u00b9", 2: "\u00b2", 3: "\u00b3", 4: "\u2074", 5: "\u2075", 6: "\u2076", 7: "\u2077", 8: "\u2078", 9: "\u2079" };

/** "0.0312", "3.12×10⁻⁵", "−1,240" without the comma. */
function shortNumber(value) {
  const size = Math.abs(value);
  if (size === 0) return "0";
  const sign = value < 0 ? MINUS : "";
  if (size >= 0.001 && size < 1e5) return sign + String(Number(size.toPrecision(3)));
  const [digits, power] = size.toExponential(2).split("e");
  const raised = [...String(Number(power))].map((digit) => SUPERSCRIPT[digit]).join("");
  return `${sign}${Number(digits)}\u00d710${raised}`;
}

/** The same with a plus where the sign says something. */
function signedNumber(value, kind) {
  return (value > 0 && kind === "signed" ? "+" : "") + shortNumber(value);
}

const withUnit = (text, unit) => (unit ? `${text} ${unit}` : text);
