import { LANGUAGES, lang, say } from '../texts';

/** Changes to another language; the app opens anew, and what is stored stays. */
export function LanguageButtons() {
  const change = (other: string) => {
    localStorage.setItem('lang', other);
    location.reload();
  };
  return (
    <>
      {LANGUAGES.filter((one) => one !== lang).map((other) => (
        <button class="link" key={other} lang={other} onClick={() => change(other)}>
          {say(`language-${other}`)}
        </button>
      ))}
    </>
  );
}
