// The day of an app, as sdk/tests/day.py: enrol, work offline, sync, return, correct, conflict, take
// part in a campaign, revoke. Started by sdk/tests/run; prints a line per step, or fails.

import java.io.File
import java.nio.file.Files
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.TimeUnit
import kotlinx.coroutines.runBlocking
import thidua.CellEntry
import thidua.CellFigure
import thidua.ChangeListener
import thidua.ClientException
import thidua.LaunchEntry
import thidua.LaunchMode
import thidua.ParticipationView
import thidua.Phone
import thidua.PledgeEntry
import thidua.ReplicaChange
import thidua.ReportKeyView
import thidua.ReportStatus
import thidua.Role
import thidua.StopReason

val home: File = Files.createTempDirectory("thidua-day-").toFile()

/** Passes on what the engine's threads tell. */
class Listener : ChangeListener {
    val changes = LinkedBlockingQueue<ReplicaChange>()

    override fun onChange(change: ReplicaChange) = changes.put(change)

    override fun onStopped(error: ClientException) = println("stopped: $error")
}

fun done(step: String) = println("ok   kotlin: $step")

fun environment(name: String): String = System.getenv(name)

fun expect(condition: Boolean, what: () -> Any?) {
    if (!condition) throw AssertionError(what().toString())
}

inline fun <reified E : ClientException> refused(act: () -> Unit): E {
    try {
        act()
    } catch (error: ClientException) {
        if (error is E) return error
        throw error
    }
    throw AssertionError("${E::class} was expected")
}

fun openPhone(name: String): Phone {
    val phone = Phone.open(File(home, "$name.db").path)
    phone.enrol(environment(name))
    expect(phone.syncOnce().digestsMatch) { name }
    return phone
}

/** The key of the last week that is over and not reported. */
fun weekly(phone: Phone): ReportKeyView {
    val today = phone.clock().today
    val due = phone.dueReports(today - 14, today + 1)
    val week = due.first { it.key.contract == "tuan-xa" && it.submitFromDay <= today }
    expect(week.status == ReportStatus.BLANK && week.periodName.vi.startsWith("tu")) { week }
    return week.key
}

fun figure(element: String, value: Long) = CellEntry(element, CellFigure.Reported(value))

fun status(phone: Phone, report: String): ReportStatus = phone.report(report)!!.status

fun refusesWhatIsWrong() {
    val phone = Phone.open(File(home, "wrong.db").path)
    val error = refused<ClientException.BadInvitation> { phone.enrol("no code") }
    expect("ghi danh" in error.textVi() && "code" in error.textEn()) { error }
    refused<ClientException.NotEnrolled> { phone.syncOnce() }
    done("an error is typed and says in both languages what to do")
}

fun suspends(): Phone = runBlocking {
    val phone = Phone.open(File(home, "COLLEAGUE.db").path)
    expect(phone.enrolAsync(environment("COLLEAGUE")).roles == listOf(Role.REPORTER)) { "roles" }
    expect(phone.syncOnceAsync().digestsMatch) { "synced" }
    phone
}

fun reportsOffline(reporter: Phone, key: ReportKeyView, report: String) {
    reporter.saveNilCarried(key)
    reporter.saveCells(key, listOf(figure("so_offences", 3)), null)
    val wrong = listOf(figure("so_offences", -1))
    val refused = refused<ClientException.Refused> { reporter.saveCells(key, wrong, null) }
    expect(refused.problems.single().element == "so_offences") { refused.problems }
    expect(refused.problems.single().textVi() != "") { refused.problems }
    reporter.submitReport(report)
    expect(status(reporter, report) == ReportStatus.WAITING) { status(reporter, report) }
    expect(reporter.outboxStatus().waiting == 3u) { reporter.outboxStatus() }
    done("a report typed and submitted without a connection")
}

fun syncsWhileFollowed(reporter: Phone, reviewer: Phone, report: String) {
    val listener = Listener()
    reviewer.setListener(listener)
    reviewer.startFollowing()
    val summary = reporter.syncOnce()
    expect(summary.sent == 3u && summary.rejected == 0u && summary.digestsMatch) { summary }
    expect(status(reporter, report) == ReportStatus.RECEIVED) { status(reporter, report) }
    while (report !in listener.changes.poll(30, TimeUnit.SECONDS)!!.reports) continue
    reviewer.stopFollowing()
    val receipt = reporter.latestReceipt()!!
    expect(receipt.commandsTaken == 3uL && receipt.signature.size == 64) { receipt }
    done("synced; the reviewer, who follows, heard of it; the authority signed a receipt")
}

fun isReturnedAndCorrected(reporter: Phone, reviewer: Phone, key: ReportKeyView, report: String) {
    val waiting = reviewer.reviewQueue().first { it.report.reportId == report }
    reviewer.returnReport(report, waiting.report.contentHash, "UNUSUAL_FIGURE", "Ba vụ?")
    reviewer.syncOnce()
    reporter.syncOnce()
    expect(status(reporter, report) == ReportStatus.RETURNED) { status(reporter, report) }
    expect(reporter.report(report)!!.question!!.text == "Ba vụ?") { "question" }
    reporter.saveCells(key, listOf(figure("so_offences", 2)), "Đã kiểm tra lại")
    reporter.submitReport(report)
    reporter.syncOnce()
    expect(status(reporter, report) == ReportStatus.RECEIVED) { status(reporter, report) }
    done("returned with a question, corrected, received")
}

/** Two people of the commune change one figure without knowing of each other. */
fun conflicts(head: Phone, colleague: Phone, key: ReportKeyView, report: String) {
    for (phone in listOf(head, colleague)) phone.syncOnce()
    head.saveCells(key, listOf(figure("so_offences", 5)), null)
    colleague.saveCells(key, listOf(figure("so_offences", 4)), null)
    expect(head.syncOnce().applied == 1u) { "the first one is applied" }
    expect(colleague.syncOnce().conflicts == 1u) { "the second one conflicts" }
    head.syncOnce()
    val conflict = head.conflicts().first()
    expect(conflict.element == "so_offences" && conflict.settled == null) { conflict }
    expect(conflict.branch == CellFigure.Reported(4) && conflict.standing == CellFigure.Reported(5)) { conflict }
    head.settleConflict(conflict.conflictId, true)
    head.syncOnce()
    val cell = head.report(report)!!.cells.first { it.element == "so_offences" }
    expect(cell.value == CellFigure.Reported(4)) { cell }
    done("a conflict kept both figures until the head settled it")
}

fun takesPart(head: Phone) {
    val (campaign, unit) = head.campaigns().first().code to head.session()!!.unit
    fun mine(): ParticipationView =
        head.participations().first { it.campaign == campaign && it.unit == unit }
    head.registerForCampaign(campaign, unit, "Trưởng Công an xã")
    head.recordLaunch(
        campaign,
        unit,
        LaunchEntry(heldDay = head.clock().today, mode = LaunchMode.IN_PERSON, sites = listOf(), attendance = 40u),
    )
    val pledge = PledgeEntry(body = "", text = "Giảm 5% số vụ", signedRole = "Trưởng Công an xã")
    head.recordPledge(campaign, unit, pledge)
    head.savePlan(campaign, unit, "12/KH-CAX", listOf())
    head.submitPlan(campaign, unit)
    expect(mine().waitingActs == 5u && mine().launch!!.mode == LaunchMode.IN_PERSON) { mine() }
    expect(head.syncOnce().rejected == 0u) { "nothing is rejected" }
    expect(mine().waitingActs == 0u && mine().pledges == listOf(pledge)) { mine() }
    expect(mine().registration != null) { mine() }
    done("registered, launched, pledged and planned without a connection, then synced")
}

fun isRevoked(colleague: Phone, report: String) {
    colleague.addComment(report, "Chưa gửi")
    val export = colleague.exportCommands()
    expect(export.commandCount >= 1u && export.bytes.size > 100) { export }
    val device = colleague.session()!!.deviceId
    val command = listOf(environment("THIDUA_BIN"), "-d", environment("TOWN"), "access", "revoke", device)
    val revoke = ProcessBuilder(command).redirectOutput(ProcessBuilder.Redirect.DISCARD).start()
    expect(revoke.waitFor() == 0) { "access revoke" }
    val stopped = refused<ClientException.Stopped> { colleague.syncOnce() }
    expect(stopped.reason == StopReason.REVOKED && stopped.textVi() != "") { stopped }
    expect(colleague.session() == null) { "the data are gone" }
    done("exported what was unsent; revoked, the phone destroyed what it held")
}

fun main() {
    refusesWhatIsWrong()
    val (reporter, head, reviewer) = listOf("REPORTER", "HEAD", "REVIEWER").map(::openPhone)
    done("three phones enrolled over TLS and synced")
    val colleague = suspends()
    done("a fourth one by coroutines")
    val key = weekly(reporter)
    val report = reporter.reportId(key)
    reportsOffline(reporter, key, report)
    syncsWhileFollowed(reporter, reviewer, report)
    isReturnedAndCorrected(reporter, reviewer, key, report)
    conflicts(head, colleague, key, report)
    takesPart(head)
    isRevoked(colleague, report)
}
