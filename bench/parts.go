package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"roster"
	"roster/bench/coldstart"
	"roster/bench/cost"
	"roster/bench/lambdacpu"
	"roster/bench/report"
	"roster/shared/aws/sam"
)

// part is one part of the page.
type part struct {
	name, what string
	measure    func(ctx context.Context, l *laboratory, o options, r *report.Results) error
}

// parts are in the order in which they are measured: costs follow from memory.
var parts = []part{
	{"flows", "requests, beside the limit", measureRequests},
	{"coldstarts", "starts of each function, beside hello", measureColdStarts},
	{"memory", "requests by memory size", measureMemory},
	{"costs", "costs, by list prices", computeCosts},
	{"scale", "GET with up to 1,000,000 accounts", func(ctx context.Context, l *laboratory, o options, r *report.Results) error {
		all, err := measureScale(ctx, l, o)
		r.Scale = scaleResults(all)
		return err
	}},
	{"directory", "the directory with 1,000,000 accounts", func(ctx context.Context, l *laboratory, o options, r *report.Results) error {
		all, err := measureDirectory(ctx, l, o)
		r.Directory = directoryResults(all)
		return err
	}},
	{"steps", "what each step gave", func(ctx context.Context, l *laboratory, o options, r *report.Results) (err error) {
		r.Steps, err = measureSteps(ctx, l, o)
		return err
	}},
}

func partNames() (names []string) {
	for _, p := range parts {
		names = append(names, p.name)
	}
	return names
}

// newResults returns results without figures, or those of the last run where only
// some parts are measured anew.
func newResults(ctx context.Context, l *laboratory, o options) (r report.Results, err error) {
	command := strings.Join(append([]string{"go", "run", "./bench"}, os.Args[1:]...), " ")
	if o.parts == "" {
		return report.Results{
			Machine: describeMachine(ctx, l), Date: time.Now().UTC(), Trials: o.trials, Missing: map[string]string{}, Command: command,
		}, nil
	}
	if r, err = readResults(); err != nil {
		return r, err
	}
	r.Command += ", and then by " + command
	if r.Missing == nil {
		r.Missing = map[string]string{}
	}
	return r, nil
}

// measureRequests measures all flows, and the login with a hash that costs nothing.
func measureRequests(ctx context.Context, l *laboratory, o options, r *report.Results) error {
	limit, err := l.startLimit(ctx, "limit_db")
	if err != nil {
		return err
	}
	defer limit.stop()
	roster, err := l.startRoster(ctx, "roster_db", nil)
	if err != nil {
		return err
	}
	defer roster.stop()
	pairs, err := measureFlows(ctx, roster, limit, o)
	if err != nil {
		return err
	}
	r.Flows = flowResults(pairs)
	if !has(o.flows, loginBesideHash) {
		return nil
	}
	beside, err := measureBesideHash(ctx, l, o)
	r.Flows = append(r.Flows, beside...)
	return err
}

// loginBesideHash is the login with a hash of 8 KiB: what is left is everything else.
const loginBesideHash = "login without its hash"

func measureBesideHash(ctx context.Context, l *laboratory, o options) ([]report.FlowResult, error) {
	overlay, err := l.cheapHash()
	if err != nil {
		return nil, err
	}
	roster, err := l.startRoster(ctx, "cheap_db", overlay)
	if err != nil {
		return nil, err
	}
	defer roster.stop()
	limit, err := l.startLimit(ctx, "cheap_limit_db", "-cheap-hash")
	if err != nil {
		return nil, err
	}
	defer limit.stop()
	p := &pair{flow: loginBesideHash, clients: 1}
	for range o.rounds {
		if err := add(ctx, &p.roster, load{roster, rosterLogin, 1, o.window}); err != nil {
			return nil, err
		}
		if err := add(ctx, &p.limit, load{limit, limitLogin, 1, o.window}); err != nil {
			return nil, err
		}
	}
	return flowResults([]*pair{p}), nil
}

// deployedDatabase makes a database for the deployed functions, migrated by localdev.
func (l *laboratory) deployedDatabase(ctx context.Context, name string) (string, error) {
	s, err := l.startRoster(ctx, name, nil)
	if err != nil {
		return "", err
	}
	s.stop()
	return l.functionsURL(name + l.suffix), nil
}

func measureColdStarts(ctx context.Context, l *laboratory, o options, r *report.Results) error {
	url, err := l.deployedDatabase(ctx, "starts_db")
	if err != nil {
		return err
	}
	r.ColdStarts, err = coldstart.Measure(ctx, coldstart.Options{DatabaseURL: url, Trials: o.trials})
	return err
}

// warmRequests is how many requests are measured with each memory size.
const warmRequests = 30

func measureMemory(ctx context.Context, l *laboratory, _ options, r *report.Results) error {
	url, err := l.deployedDatabase(ctx, "memory_db")
	if err != nil {
		return err
	}
	r.MemorySizes, err = lambdacpu.Measure(ctx, lambdacpu.Options{DatabaseURL: url, Requests: warmRequests})
	return err
}

// functionOf is the function of each flow of package lambdacpu.
var functionOf = map[string]string{"get": "get_user", "login": "login", "register": "register", "refresh": "refresh"}

func computeCosts(_ context.Context, _ *laboratory, _ options, r *report.Results) error {
	if len(r.MemorySizes) == 0 {
		return fmt.Errorf("the memory sizes were not measured")
	}
	template, err := sam.Parse(roster.Template)
	if err != nil {
		return err
	}
	sizes := map[string]int{}
	for flow, folder := range functionOf {
		sizes[flow] = template.Function(folder).Memory
	}
	prices, err := cost.ReadPrices()
	if err != nil {
		return err
	}
	r.Costs, err = prices.Report(cost.Usual, r.MemorySizes, sizes)
	return err
}

// resultsFile has the results behind docs/performance.md.
const resultsFile = "docs/performance/results.json"

func readResults() (r report.Results, err error) {
	text, err := os.ReadFile(resultsFile)
	if err != nil {
		return r, err
	}
	if err := json.Unmarshal(text, &r); err != nil {
		return r, fmt.Errorf("read %s: %w", resultsFile, err)
	}
	return r, nil
}

func writeResults(r report.Results) error {
	if err := report.Write("docs", r); err != nil {
		return err
	}
	text, err := json.MarshalIndent(r, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(resultsFile, append(text, '\n'), 0o644) // #nosec G306 -- a document
}

// printFlows writes a table of the ratios for a person at a terminal.
func printFlows(out io.Writer, rows []report.FlowResult) {
	const format = "%-24s %8s %12s %20s %20s\n"
	fmt.Fprintf(out, "\n"+format, "beside the limit", "clients", "requests/s", "server CPU", "database CPU")
	for _, p := range ratios(rows) {
		fmt.Fprintf(out, format, p.flow, fmt.Sprint(p.clients), fmt.Sprintf("%.2f", p.rps),
			fmt.Sprintf("%.2f (%.3f ms)", p.server, p.roster.ServerCPUms), fmt.Sprintf("%.2f (%.3f ms)", p.database, p.roster.DatabaseCPUms))
	}
}

// ratio is one flow of Roster beside the limit's.
type ratio struct {
	flow                  string
	clients               int
	rps, server, database float64
	roster                report.FlowResult
}

func ratios(rows []report.FlowResult) (all []ratio) {
	for _, r := range rows {
		i := slices.IndexFunc(rows, func(l report.FlowResult) bool {
			return r.Subject == report.Roster && l.Subject == report.Limit && l.Flow == r.Flow && l.Clients == r.Clients
		})
		if i >= 0 {
			l := rows[i]
			all = append(all, ratio{r.Flow, r.Clients, r.RPS / l.RPS, r.ServerCPUms / l.ServerCPUms, r.DatabaseCPUms / l.DatabaseCPUms, r})
		}
	}
	return all
}
