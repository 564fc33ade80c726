//! A QR code in the terminal, for the camera of a phone: two modules in a character.

use crate::office::card_sheet::QUIET_MODULES;
use console::Term;
use qrcodegen::{QrCode, QrCodeEcc};

/// Black on white, whatever the colours of the terminal: scanners want dark modules on light ones.
const BLACK_ON_WHITE: &str = "\u{1b}[30;107m";
const RESET: &str = "\u{1b}[0m";

/// The picture of `text`, or `None` if standard output is no terminal that is wide enough.
pub(super) fn terminal_qr(text: &str) -> Option<String> {
    let terminal = Term::stdout();
    let (_, columns) = terminal.size_checked().filter(|_| terminal.is_term())?;
    let code = QrCode::encode_text(text, QrCodeEcc::Low).ok()?;
    let lines = half_block_lines(&code);
    let width = lines.first()?.chars().count();
    let line = |line: &String| format!("{BLACK_ON_WHITE}{line}{RESET}\n");
    (width <= usize::from(columns)).then(|| lines.iter().map(line).collect())
}

/// The modules with the white border that scanners need; a character shows an upper and a lower
/// one.
fn half_block_lines(code: &QrCode) -> Vec<String> {
    let places = || -QUIET_MODULES..code.size() + QUIET_MODULES;
    let character = |x, y| match (code.get_module(x, y), code.get_module(x, y + 1)) {
        (true, true) => '█',
        (true, false) => '▀',
        (false, true) => '▄',
        (false, false) => ' ',
    };
    places().step_by(2).map(|y| places().map(|x| character(x, y)).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_module_stands_in_the_picture_and_a_white_border_around_it() {
        let code =
            QrCode::encode_text("https://127.0.0.1:8443/app/#thidua", QrCodeEcc::Low).unwrap();
        let lines = half_block_lines(&code);
        let side = code.size() + 2 * QUIET_MODULES;
        assert_eq!(i32::try_from(lines.len()).unwrap(), (side + 1) / 2);
        for y in -QUIET_MODULES..code.size() + QUIET_MODULES {
            let row = usize::try_from((y + QUIET_MODULES) / 2).unwrap();
            let is_upper = (y + QUIET_MODULES) % 2 == 0;
            for (at, shown) in lines[row].chars().enumerate() {
                let dark = if is_upper { "█▀" } else { "█▄" }.contains(shown);
                let x = i32::try_from(at).unwrap() - QUIET_MODULES;
                assert_eq!(dark, code.get_module(x, y), "{x} {y}");
            }
        }
    }
}
