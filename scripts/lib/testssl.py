"""Reads what testssl.sh wrote and prints what it found; ends with 1 when there is more than a private authority's certificate brings."""

import json
import sys

# A private CA is what phones are told to trust by its hash: no public chain, no revocation service, no CAA record, no name of the internet.
OURS = {
    "cert_chain_of_trust", "cert_crlDistributionPoints", "cert_ocspURL", "cert_revocation", "cert_crlRevoked", "DNS_CAArecord",
    "OCSP_stapling", "certificate_transparency", "cert_trust", "cert_caIssuers", "cert_notAfter", "cert_extlifeSpan", "cert_validityPeriod",
}
# No pages are served: there is nothing to say about them in headers, and no browser that comes back.
PAGES = {"HSTS", "HTTP_status_code", "HTTP_clock_skew", "security_headers", "banner_server", "banner_application", "cookie_count", "HPKP"}

with open(sys.argv[1], encoding="utf-8") as file:
    found = json.load(file)
counts = {}
for one in found:
    counts[one["severity"]] = counts.get(one["severity"], 0) + 1
print("testssl.sh: " + ", ".join(f"{counts[severity]} {severity}" for severity in sorted(counts)))
rest = 0
for one in found:
    if one["severity"] in ("OK", "INFO"):
        continue
    ours = one["id"].split(" ")[0] in OURS | PAGES
    # A warning says that something could not be looked at, and not that it is bad.
    rest += not ours and one["severity"] != "WARN"
    print(f"  {one['severity']} {one['id']}: {one['finding']}" + (" (a private authority: expected)" if ours else ""))
print("testssl.sh found nothing else" if rest == 0 else f"testssl.sh found {rest}")
sys.exit(1 if rest else 0)
