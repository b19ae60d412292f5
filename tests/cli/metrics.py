"""Read a page of metrics as Prometheus does; fail unless it is one. Prints NAME VALUE lines.

Usage: metrics.py URL
"""
import sys
import urllib.request

from prometheus_client.parser import text_string_to_metric_families

with urllib.request.urlopen(sys.argv[1], timeout=120) as reply:
    assert reply.headers["Content-Type"].startswith("text/plain; version=0.0.4"), reply.headers
    text = reply.read().decode()
seen = set()
for family in text_string_to_metric_families(text):
    assert family.name.startswith("muster_") and family.documentation, family
    assert family.type in ("gauge", "counter", "histogram"), family
    assert family.name not in seen, family.name
    seen.add(family.name)
    assert family.samples, family.name
    if family.type == "histogram":
        counts = [s.value for s in family.samples if s.name.endswith("_bucket")]
        assert counts == sorted(counts), family.samples
        total = [s.value for s in family.samples if s.name.endswith("_count")]
        assert total == counts[-1:], family.samples
    for s in family.samples:
        labels = ",".join(f"{k}={v}" for k, v in s.labels.items())
        print(s.name + (f"{{{labels}}}" if labels else ""), f"{s.value:g}")
