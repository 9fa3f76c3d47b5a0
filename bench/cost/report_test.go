package cost

import (
	"testing"

	"roster/bench/report"
)

func TestReport(t *testing.T) {
	t.Parallel()
	measured := []report.MemorySize{
		{Flow: "login", MemoryMB: 256, GBSeconds: 0.09},
		{Flow: "login", MemoryMB: 1024, GBSeconds: 0.08},
		{Flow: "get", MemoryMB: 256, GBSeconds: 0.001},
		{Flow: "refresh", MemoryMB: 256, GBSeconds: 0.001},
		{Flow: "register", MemoryMB: 1024, GBSeconds: 0.08},
	}
	deployed := map[string]int{"login": 1024, "register": 1024, "get": 256, "refresh": 256}
	p := prices(t)
	c, err := p.Report(Usual, measured, deployed)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Logins) != 2 || c.Logins[1].MemoryMB != 1024 || !near(c.Logins[1].Arm64, 2.27) {
		t.Errorf("logins: %+v", c.Logins)
	}
	// 6.21 million requests: 7.452; 22,800 GB-seconds: 0.304; secrets 1.925; 5,000 mails 0.80; 3.105 GB of logs 1.5525; the database 13.98.
	if len(c.Month) != 1+len(p.Services) || !near(c.Month[0].Dollars, 26.01) {
		t.Errorf("a month: %+v", c.Month)
	}
	delete(deployed, "refresh")
	if _, err := p.Report(Usual, measured, deployed); err == nil {
		t.Error("refreshes whose function's memory is unknown have a price")
	}
}
