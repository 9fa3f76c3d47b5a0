package browsertest

import (
	"fmt"
	"strings"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
)

// record handles each event of the tab, in order.
func (p *Page) record(event any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		p.addRequest(e.Request.URL)
	case *network.EventWebSocketCreated:
		p.addRequest(e.URL)
	case *runtime.EventExceptionThrown:
		p.addConsoleError("exception", exceptionText(e.ExceptionDetails))
	case *runtime.EventConsoleAPICalled:
		switch e.Type {
		case runtime.ConsoleAPICalledTypeError, runtime.ConsoleAPICalledTypeWarning, runtime.ConsoleAPICalledTypeAssert:
			p.addConsoleError(string(e.Type), argumentText(e.Args))
		}
	case *log.EventEntryAdded:
		switch e.Entry.Level {
		case log.EntryLevelError, log.EntryLevelWarning:
			p.addConsoleError(string(e.Entry.Source), e.Entry.Text+" "+e.Entry.URL)
		}
	}
}

func (p *Page) addRequest(url string) {
	if !strings.HasPrefix(url, "data:") {
		p.requests = append(p.requests, url)
	}
}

func (p *Page) addConsoleError(source, text string) {
	p.consoleErrors = append(p.consoleErrors, fmt.Sprintf("%s: %s", source, strings.TrimSpace(text)))
}

func exceptionText(d *runtime.ExceptionDetails) string {
	if d.Exception != nil {
		return d.Text + " " + d.Exception.Description
	}
	return d.Text
}

func argumentText(args []*runtime.RemoteObject) string {
	var all []string
	for _, a := range args {
		if a.Description != "" {
			all = append(all, a.Description)
		} else {
			all = append(all, string(a.Value))
		}
	}
	return strings.Join(all, " ")
}
