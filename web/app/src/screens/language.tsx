import { lang, say } from '../texts';

/** Changes to the other language; the app opens anew, and what is stored stays. */
export function LanguageButton() {
  const other = lang === 'vi' ? 'en' : 'vi';
  const change = () => {
    localStorage.setItem('lang', other);
    location.reload();
  };
  return <button class="link" lang={other} onClick={change}>{say('other-language')}</button>;
}
