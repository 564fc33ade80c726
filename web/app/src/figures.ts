// Figures as people type and read them. A figure is a whole number in units of its scale.
import type { Figure } from './engine/types';
import { lang, say } from './texts';

/** Writes a figure: with scale 3, 4500 is `4,5`. */
export function writeFigure(figure: number, scale: number): string {
  const digits = String(Math.abs(figure)).padStart(scale + 1, '0');
  const whole = digits.slice(0, digits.length - scale);
  const part = scale === 0 ? '' : digits.slice(-scale).replace(/0+$/, '');
  const mark = lang === 'vi' ? ',' : '.';
  return (figure < 0 ? '-' : '') + whole + (part ? mark + part : '');
}

/** Reads a figure; `undefined`: it is none, or has more decimals than the element. */
export function readFigure(typed: string, scale: number): number | undefined {
  const match = /^(-?)(\d+)(?:[.,](\d+))?$/.exec(typed.trim());
  if (!match) return undefined;
  const [, sign, whole, part = ''] = match;
  if (part.length > scale) return undefined;
  const figure = Number(whole + part.padEnd(scale, '0'));
  if (!Number.isSafeInteger(figure)) return undefined;
  return sign ? -figure : figure;
}

/** What stands in a cell, in words. */
export function figureText(figure: Figure | null, scale: number): string {
  if (!figure) return say('figure-blank');
  switch (figure.kind) {
    case 'reported':
      return writeFigure(figure.value, scale);
    case 'carried':
      return say('figure-kept', { figure: writeFigure(figure.value, scale) });
    case 'nil':
      return '0';
    default:
      return say(`figure-${figure.kind}`);
  }
}
