// The texts of the app, from the catalogue that all languages share (i18n/), Vietnamese first.
import { FluentBundle, FluentResource, type FluentVariable } from '@fluent/bundle';
import en from '../../../i18n/en/app.ftl?raw';
import enQuality from '../../../i18n/en/client-quality.ftl?raw';
import enStanding from '../../../i18n/en/client-standing.ftl?raw';
import enTargets from '../../../i18n/en/client-targets.ftl?raw';
import vi from '../../../i18n/vi/app.ftl?raw';
import viQuality from '../../../i18n/vi/client-quality.ftl?raw';
import viStanding from '../../../i18n/vi/client-standing.ftl?raw';
import viTargets from '../../../i18n/vi/client-targets.ftl?raw';
import type { Texts } from './engine/types';

/** Every language, by its code; another one needs its texts here and in the engine. */
const SOURCES: Record<string, string[]> = {
  vi: [vi, viQuality, viStanding, viTargets],
  en: [en, enQuality, enStanding, enTargets],
};

/** The languages of the app, Vietnamese first. */
export const LANGUAGES = Object.keys(SOURCES);

/** The language of the app: the one chosen, else the browser's if there are texts in it. */
export const lang: string = (() => {
  const chosen = localStorage.getItem('lang') ?? navigator.language.slice(0, 2);
  return chosen in SOURCES ? chosen : 'vi';
})();

const bundle = new FluentBundle(lang, { useIsolating: false });
for (const source of SOURCES[lang] ?? []) bundle.addResource(new FluentResource(source));

function format(id: string, values?: Record<string, FluentVariable>): string | undefined {
  const message = bundle.getMessage(id);
  return message?.value ? bundle.formatPattern(message.value, values ?? null) : undefined;
}

/** A text with its values. */
export function say(id: string, values?: Record<string, FluentVariable>): string {
  return format(`app-${id}`, values) ?? id;
}

/** The text of a stable code of the service, as in `verdict` and `MET`. */
export function codeText(family: string, code: string): string {
  return format(`${family}-${code}`) ?? code;
}

/** A text of the engine in the language of the app. */
export function told(texts: Texts): string {
  return texts[lang] ?? Object.values(texts)[0] ?? '';
}

/** The one of two names that the authority wrote. */
export function pick(vietnamese: string, english: string): string {
  return lang === 'en' ? english : vietnamese;
}

/** A day since 1970, as people write it. */
export function dayText(day: number): string {
  const options = { day: '2-digit', month: '2-digit', year: 'numeric', timeZone: 'UTC' } as const;
  return new Date(day * 86_400_000).toLocaleDateString(lang === 'vi' ? 'vi-VN' : 'en-GB', options);
}

/** A day since 1970 as a field of the kind `date` holds it, and back. */
export function fieldDay(day: number): string {
  return new Date(day * 86_400_000).toISOString().slice(0, 10);
}

export function dayOf(field: string): number {
  return Math.floor(Date.parse(`${field}T00:00:00Z`) / 86_400_000);
}
