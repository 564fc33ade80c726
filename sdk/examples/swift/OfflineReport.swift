// A commune's phone: enrol once, report without a connection, sync when there is one. Not compiled
// here: there is no Swift on the machines of this project.

import Thidua

func report(invitation: String, path: String) throws {
    let phone = try Phone.open(path: path)
    if try phone.session() == nil {
        _ = try phone.enrol(invitation: invitation)
        _ = try phone.syncOnce()
    }
    let today = try phone.clock().today
    let over = try phone.dueReports(fromDay: today - 60, toDay: today + 1)
        .filter { $0.submitFromDay <= today && $0.status == .blank }
    if let due = over.first {
        _ = try phone.saveNilCarried(key: due.key)
        _ = try phone.submitReport(reportId: due.reportId)
    }
    print(try phone.syncOnce().applied, "commands taken by the server")
}

do {
    try report(invitation: CommandLine.arguments[1], path: CommandLine.arguments[2])
} catch let error as ClientError {
    print(error.textVi())
}
