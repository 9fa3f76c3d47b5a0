package browsertest

import (
	"fmt"
	"strings"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
)

// record is called for each event of the tab, in order.
func (p *Page) record(event any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		p.request(e.Request.URL)
	case *network.EventWebSocketCreated:
		p.request(e.URL)
	case *runtime.EventExceptionThrown:
		p.complain("exception", exception(e.ExceptionDetails))
	case *runtime.EventConsoleAPICalled:
		switch e.Type {
		case runtime.ConsoleAPICalledTypeError, runtime.ConsoleAPICalledTypeWarning, runtime.ConsoleAPICalledTypeAssert:
			p.complain(string(e.Type), words(e.Args))
		}
	case *log.EventEntryAdded:
		switch e.Entry.Level {
		case log.EntryLevelError, log.EntryLevelWarning:
			p.complain(string(e.Entry.Source), e.Entry.Text+" "+e.Entry.URL)
		}
	}
}

func (p *Page) request(url string) {
	if !strings.HasPrefix(url, "data:") {
		p.requests = append(p.requests, url)
	}
}

func (p *Page) complain(source, text string) {
	p.complaints = append(p.complaints, fmt.Sprintf("%s: %s", source, strings.TrimSpace(text)))
}

func exception(d *runtime.ExceptionDetails) string {
	if d.Exception != nil {
		return d.Text + " " + d.Exception.Description
	}
	return d.Text
}

func words(args []*runtime.RemoteObject) string {
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
