"""Fills a template of reports in LibreOffice Calc as a person with a Vietnamese desk does: goes to a
cell, types, presses Enter, saves in the format of the file. Says what the sheet lets a person do."""

import sys
import time

import uno
from com.sun.star.beans import PropertyValue
from com.sun.star.connection import NoConnectException
from com.sun.star.sheet.ValidationType import CUSTOM, LIST, TEXT_LEN, WHOLE

# The columns as the file names them, and what is typed into the first rows.
TYPED = [
    {"visits": "12", "waste": "1234,5", "beds": "7", "note": "đúng hạn"},
    {"nil": "không phát sinh", "beds": "0"},
    {"visits": "0", "waste": "0,25", "missing": "chờ số liệu của nơi khác"},
    {"missing": "xem ghi chú", "note": "sổ đang được kiểm tra; =1+1"},
]
HEADER_ROW = 2


def check(is_right, text):
    if not is_right:
        sys.exit(f"spreadsheet: {text}")


def connect(pipe):
    local = uno.getComponentContext()
    resolver = local.ServiceManager.createInstanceWithContext(
        "com.sun.star.bridge.UnoUrlResolver", local)
    for _ in range(120):
        try:
            return resolver.resolve(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
        except NoConnectException:
            time.sleep(0.5)
    sys.exit("spreadsheet: LibreOffice does not answer")


def properties(**values):
    return tuple(PropertyValue(Name=name, Value=value) for name, value in values.items())


class Desk:
    """A document in a window that is not shown, because the machine has no screen."""

    def __init__(self, context, url):
        create = context.ServiceManager.createInstanceWithContext
        desktop = create("com.sun.star.frame.Desktop", context)
        self.document = desktop.loadComponentFromURL(
            url, "_blank", 0, properties(Hidden=True))
        check(self.document is not None, f"{url} does not open")
        self.frame = self.document.CurrentController.Frame
        self.dispatcher = create("com.sun.star.frame.DispatchHelper", context)
        self.sheet = self.document.Sheets.getByIndex(0)
        self.columns = {}
        for column in range(60):
            name = self.sheet.getCellByPosition(column, HEADER_ROW).String
            if name:
                self.columns[name] = column

    def cell(self, row, name):
        return self.sheet.getCellByPosition(self.columns[name], row)

    def act(self, command, **values):
        self.dispatcher.executeDispatch(
            self.frame, f".uno:{command}", "", 0, properties(**values))

    def type(self, row, name, text):
        place = self.cell(row, name).AbsoluteName.split(".")[-1]
        self.act("GoToCell", ToPoint=place)
        self.act("EnterString", StringName=text)


def check_sheet(desk):
    check(desk.sheet.isProtected(), "the sheet is not protected")
    first = HEADER_ROW + 1
    rules = {"visits": WHOLE, "waste": CUSTOM, "beds": WHOLE, "nil": LIST, "missing": LIST,
             "note": TEXT_LEN}
    for name, rule in rules.items():
        cell = desk.cell(first, name)
        check(cell.Validation.Type == rule, f"{name}: the rule is {cell.Validation.Type.value}")
        check(cell.Validation.InputMessage, f"{name}: no tooltip")
        check(not cell.CellProtection.IsLocked, f"{name} is locked")
    visits = desk.cell(first, "visits").Validation
    check((visits.Formula1, visits.Formula2) == ("0", "500"), "visits: another range")
    for name in ("contract", "unit", "first_day", "# name", "# last visits"):
        check(desk.cell(first, name).CellProtection.IsLocked, f"{name} is not locked")
    # A locked cell keeps its content whatever is typed.
    before = desk.cell(first, "first_day").Formula
    desk.cell(first, "first_day").FormulaLocal = "01/01/2020"
    check(desk.cell(first, "first_day").Formula == before, "a day was overwritten")
    check(desk.cell(first, "first_day").String == "19/08/2024", "the day is shown otherwise")


def main():
    pipe, path, *words = sys.argv[1:]
    context = connect(pipe)
    desk = Desk(context, uno.systemPathToFileUrl(path))
    if words == ["last"]:
        row = HEADER_ROW + 1
        shown = [desk.cell(row, f"# last {name}").String for name in ("visits", "waste", "beds")]
        print(";".join(shown))
    else:
        check_sheet(desk)
        for row, cells in enumerate(TYPED, HEADER_ROW + 1):
            for name, text in cells.items():
                desk.type(row, name, text)
        typed = desk.cell(HEADER_ROW + 1, "waste")
        check(typed.Value == 1234.5, f"1234,5 was understood as {typed.Formula!r}")
        desk.document.store()
    desk.document.close(True)


main()
