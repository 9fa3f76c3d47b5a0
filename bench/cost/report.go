package cost

import (
	"fmt"

	"roster/bench/report"
)

// Report computes the costs of the page from measured memory sizes. Deployed has the
// memory size of each flow's function in template.yaml, in MB. A service without a
// price for so many users is left out.
func (p *Prices) Report(l Load, measured []report.MemorySize, deployed map[string]int) (report.Costs, error) {
	c := report.Costs{PricesRead: p.Newest(), Users: l.Users, Pattern: l.Pattern()}
	gbSeconds := map[string]float64{}
	for _, m := range measured {
		if m.Flow == "login" {
			arm64, x86 := p.MillionLogins(m.GBSeconds)
			c.Logins = append(c.Logins, report.LoginCost{MemoryMB: m.MemoryMB, Arm64: arm64, X86: x86})
		}
		if m.MemoryMB == deployed[m.Flow] {
			gbSeconds[m.Flow] = m.GBSeconds
		}
	}
	items, err := p.Roster(l, gbSeconds)
	if err != nil {
		return report.Costs{}, err
	}
	database := p.AWS.Database.Price
	c.Month = append(c.Month, report.MonthCost{
		Service: "Roster on AWS", Dollars: Total(items), Read: p.AWS.LambdaArm64.Read,
		Basis: fmt.Sprintf("arm64, without free tiers; $%.2f of it is the smallest database, RDS db.t4g.micro", database),
	})
	for _, s := range p.Services {
		dollars, err := s.Month(l.Users)
		if err != nil {
			continue
		}
		c.Month = append(c.Month, report.MonthCost{Service: s.Name, Dollars: dollars, Basis: s.How, URL: s.URL, Read: s.Read})
	}
	return c, nil
}
