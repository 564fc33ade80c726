"""Prints the findings in testssl.sh's JSON output.

Exits with 1 when there are findings beyond those that any private CA causes.
"""

import json
import sys

# Phones trust a private CA by its hash: no public chain, no revocation service, no CAA record, no
# public name.
PRIVATE_CA = {
    "cert_chain_of_trust", "cert_crlDistributionPoints", "cert_ocspURL", "cert_revocation",
    "cert_crlRevoked", "DNS_CAArecord", "OCSP_stapling", "certificate_transparency", "cert_trust",
    "cert_caIssuers", "cert_notAfter", "cert_extlifeSpan", "cert_validityPeriod",
}
# The server serves no pages to browsers, so findings about page headers do not apply.
PAGES = {
    "HSTS", "HTTP_status_code", "HTTP_clock_skew", "security_headers", "banner_server",
    "banner_application", "cookie_count", "HPKP",
}

with open(sys.argv[1], encoding="utf-8") as file:
    found = json.load(file)
counts = {}
for one in found:
    counts[one["severity"]] = counts.get(one["severity"], 0) + 1
print("testssl.sh: " + ", ".join(f"{counts[severity]} {severity}" for severity in sorted(counts)))
unexpected = 0
for one in found:
    if one["severity"] in ("OK", "INFO"):
        continue
    expected = one["id"].split(" ")[0] in PRIVATE_CA | PAGES
    # WARN means that something could not be tested, not that it is bad.
    unexpected += not expected and one["severity"] != "WARN"
    note = " (a private authority: expected)" if expected else ""
    print(f"  {one['severity']} {one['id']}: {one['finding']}{note}")
print("testssl.sh found nothing else" if unexpected == 0 else f"testssl.sh found {unexpected}")
sys.exit(1 if unexpected else 0)
