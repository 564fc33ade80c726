// The texts of the app, from the catalogue that all languages share (i18n/), Vietnamese first.
import { FluentBundle, FluentResource, type FluentVariable } from '@fluent/bundle';
import en from '../../../i18n/en/app.ftl?raw';
import vi from '../../../i18n/vi/app.ftl?raw';

const SOURCES: Record<string, string> = { vi, en };

/** The language of the app: the one chosen, else the browser's if there are texts in it. */
export const lang: string = (() => {
  const chosen = localStorage.getItem('lang') ?? navigator.language.slice(0, 2);
  return chosen in SOURCES ? chosen : 'vi';
})();

const bundle = new FluentBundle(lang, { useIsolating: false });
bundle.addResource(new FluentResource(SOURCES[lang] ?? vi));

/** A text with its values. */
export function say(id: string, values?: Record<string, FluentVariable>): string {
  const message = bundle.getMessage(`app-${id}`);
  return message?.value ? bundle.formatPattern(message.value, values ?? null) : id;
}

/** A day since 1970, as people write it. */
export function dayText(day: number): string {
  const options = { day: '2-digit', month: '2-digit', year: 'numeric', timeZone: 'UTC' } as const;
  return new Date(day * 86_400_000).toLocaleDateString(lang === 'vi' ? 'vi-VN' : 'en-GB', options);
}
