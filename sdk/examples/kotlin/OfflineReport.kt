// A commune's phone: enrol once, report without a connection, sync when there is one. Arguments:
// the text of the QR picture, and the phone's file.

import kotlin.system.exitProcess
import thidua.ClientException
import thidua.Phone
import thidua.ReportStatus

fun report(invitation: String, path: String) {
    val phone = Phone.open(path)
    if (phone.session() == null) {
        phone.enrol(invitation)
        phone.syncOnce()
    }
    val today = phone.clock().today
    val over = phone.dueReports(today - 60, today + 1).filter { it.submitFromDay <= today }
    over.firstOrNull { it.status == ReportStatus.BLANK }?.let {
        phone.saveNilCarried(it.key)
        phone.submitReport(it.reportId)
    }
    println("${phone.syncOnce().applied} commands taken by the server")
}

fun main(arguments: Array<String>) {
    try {
        report(arguments[0], arguments[1])
    } catch (error: ClientException) {
        println(error.textVi())
        exitProcess(1)
    }
}
