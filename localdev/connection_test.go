package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// keepAliveClient is a client that keeps its connection as long as the service does.
type keepAliveClient struct {
	testServer
	conn net.Conn
	from *bufio.Reader
}

// do sends a request of a right length and reads the answer. Without one, only
// the end of the connection, the status is 0.
func (l *keepAliveClient) do(method string, request []byte) (answer, error) {
	for {
		kept := l.conn != nil
		if err := l.dial(); err != nil {
			return answer{}, err
		}
		a, err := l.exchange(method, request)
		switch {
		case err == nil:
			return a, nil
		case isTimeout(err):
			return a, fmt.Errorf("no answer to %.500q: %w", request, err)
		}
		l.disconnect()
		if !kept { // else the service may have closed the kept one at that moment
			return answer{}, nil
		}
	}
}

func (l *keepAliveClient) dial() (err error) {
	if l.conn != nil {
		return nil
	}
	if l.conn, err = net.Dial("tcp", l.listener.Addr().String()); err != nil {
		return err
	}
	l.from = bufio.NewReader(l.conn)
	return nil
}

func (l *keepAliveClient) disconnect() {
	if l.conn != nil {
		_ = l.conn.Close()
		l.conn = nil
	}
}

func (l *keepAliveClient) exchange(method string, request []byte) (answer, error) {
	if err := l.conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		return answer{}, err
	}
	_, _ = l.conn.Write(request) // it may have answered, and closed, before it has read all
	asked := &http.Request{Method: method}
	resp, err := http.ReadResponse(l.from, asked)
	for err == nil && resp.StatusCode == http.StatusContinue {
		resp, err = http.ReadResponse(l.from, asked)
	}
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if resp.Close || method == http.MethodConnect {
		l.disconnect()
	}
	return answer{resp.StatusCode, resp.Header, string(body)}, err
}

func isTimeout(err error) bool {
	timeout, ok := err.(net.Error)
	return ok && timeout.Timeout()
}

// sendAndClose sends bytes on a connection of their own, which ends behind them, and
// reads every answer to them.
func (l *keepAliveClient) sendAndClose(bytes []byte) ([]answer, error) {
	l.disconnect()
	defer l.disconnect()
	if err := l.dial(); err != nil {
		return nil, err
	}
	var all []answer
	if err := l.conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		return nil, err
	}
	_, _ = l.conn.Write(bytes)
	_ = l.conn.(*net.TCPConn).CloseWrite()
	for {
		resp, err := http.ReadResponse(l.from, nil)
		if isTimeout(err) {
			return all, fmt.Errorf("%.500q keeps the connection open: %w", bytes, err)
		}
		if err != nil {
			return all, nil
		}
		body, _ := io.ReadAll(resp.Body) // an answer to HEAD has none, and its length tells of one
		_ = resp.Body.Close()
		all = append(all, answer{resp.StatusCode, resp.Header, string(body)})
	}
}
