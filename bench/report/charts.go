package report

import (
	"fmt"
	"slices"

	"roster/bench/plot"
)

// charts draws the plots of what was measured, by name.
func charts(r Results) map[string]string {
	all := map[string]string{}
	if len(r.Flows) > 0 {
		all["requests"], all["database"] = requests(r), database(r)
	}
	if len(r.ColdStarts) > 0 {
		all["init"] = starts(r)
	}
	if len(r.MemorySizes) > 0 {
		all["memory"] = memory(r)
	}
	if len(r.Scale) > 0 {
		all["scale"] = scale(r)
	}
	if len(r.Costs.Month) > 0 {
		all["cost"] = month(r)
	}
	return all
}

func name(p pair) string {
	if p.Clients == 1 {
		return p.Flow + ", 1 client"
	}
	return fmt.Sprintf("%s, %d clients", p.Flow, p.Clients)
}

func requests(r Results) string {
	c := plot.Bars{Title: "Requests a second, as a share of the limit's", Axis: "1 is the limit; longer is better", Series: []plot.Series{{Name: "Roster"}}}
	for _, p := range pairs(r) {
		if p.HasLimit && p.Limit.RPS > 0 {
			c.Labels = append(c.Labels, name(p))
			c.Series[0].Values = append(c.Series[0].Values, p.Roster.RPS/p.Limit.RPS)
		}
	}
	return c.SVG()
}

func database(r Results) string {
	c := plot.Bars{
		Title: "Processor time of the database for each request", Axis: "CPU ms of PostgreSQL; shorter is better",
		Series: []plot.Series{{Name: "Roster"}, {Name: "limit"}},
	}
	for _, p := range pairs(r) {
		c.Labels = append(c.Labels, name(p))
		c.Series[0].Values = append(c.Series[0].Values, p.Roster.DatabaseCPUms)
		limit := -1.0 // not drawn
		if p.HasLimit {
			limit = p.Limit.DatabaseCPUms
		}
		c.Series[1].Values = append(c.Series[1].Values, limit)
	}
	return c.SVG()
}

func starts(r Results) string {
	c := plot.Bars{Title: "Time from the start to the first event", Axis: "ms, median and processor", Series: []plot.Series{{Name: "init ms"}, {Name: "init CPU ms"}}}
	for _, s := range r.ColdStarts {
		c.Labels = append(c.Labels, s.Function)
		c.Series[0].Values = append(c.Series[0].Values, s.InitP50ms)
		c.Series[1].Values = append(c.Series[1].Values, s.InitCPUms)
	}
	return c.SVG()
}

// memory draws the slowest flows; the others would lie on the axis.
func memory(r Results) string {
	slowest := map[string]float64{}
	var flows []string
	var sizes []int
	for _, m := range r.MemorySizes {
		slowest[m.Flow] = max(slowest[m.Flow], m.WarmMs)
		if !slices.Contains(flows, m.Flow) {
			flows = append(flows, m.Flow)
		}
		if !slices.Contains(sizes, m.MemoryMB) {
			sizes = append(sizes, m.MemoryMB)
		}
	}
	slices.SortStableFunc(flows, func(a, b string) int { return int(slowest[b] - slowest[a]) })
	slices.Sort(sizes)
	c := plot.Lines{Title: "Warm request by memory size", XAxis: "memory, MB", YAxis: "ms, median"}
	for _, size := range sizes {
		c.Labels = append(c.Labels, fmt.Sprint(size))
	}
	const enough = 2
	for _, flow := range flows[:min(enough, len(flows))] {
		s := plot.Series{Name: flow, Values: make([]float64, len(sizes))}
		for i := range s.Values {
			s.Values[i] = -1 // not drawn
		}
		for _, m := range r.MemorySizes {
			if m.Flow == flow {
				s.Values[slices.Index(sizes, m.MemoryMB)] = m.WarmMs
			}
		}
		c.Series = append(c.Series, s)
	}
	return c.SVG()
}

func scale(r Results) string {
	c := plot.Lines{
		Title: "GET by number of accounts", XAxis: "accounts", YAxis: "ms",
		Series: []plot.Series{{Name: "p50"}, {Name: "database CPU"}},
	}
	for _, s := range r.Scale {
		c.Labels = append(c.Labels, plot.Number(float64(s.Users)))
		c.Series[0].Values = append(c.Series[0].Values, s.P50ms)
		c.Series[1].Values = append(c.Series[1].Values, s.DatabaseCPUms)
	}
	return c.SVG()
}

func month(r Results) string {
	c := plot.Bars{
		Title: fmt.Sprintf("A month with %s active users, by list prices", plot.Number(float64(r.Costs.Users))), Axis: "US dollars a month",
		Series: []plot.Series{{Name: "a month"}},
	}
	for _, m := range r.Costs.Month {
		c.Labels = append(c.Labels, m.Service)
		c.Series[0].Values = append(c.Series[0].Values, m.Dollars)
	}
	return c.SVG()
}
