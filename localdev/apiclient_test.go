package main

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
)

// apiClient is somebody with an access token, or without.
type apiClient struct {
	t     *testing.T
	url   string
	token string
}

func newAPIClient(p *process, url string) apiClient { return apiClient{t: p.t, url: url} }

func (p *process) asAdmin(url, password string) apiClient {
	p.t.Helper()
	c := newAPIClient(p, url)
	var answer struct {
		AccessToken string `json:"access_token"`
	}
	body := c.call("POST", "/api/user/login", `{"username":"admin","password":"`+password+`"}`, http.StatusOK)
	if err := json.Unmarshal(body, &answer); err != nil {
		p.t.Fatal(err)
	}
	c.token = answer.AccessToken
	return c
}

func (c apiClient) register(name string, want int) {
	c.t.Helper()
	c.call("POST", "/api/user/register",
		`{"username":"`+name+`","first_name":"A","last_name":"B","email":"`+name+`@example.com","password":"password123"}`, want)
}

func (c apiClient) canRead(name string) {
	c.t.Helper()
	c.call("GET", "/api/user/"+name, "", http.StatusOK)
}

func (c apiClient) call(method, path, body string, want int) []byte {
	c.t.Helper()
	req, err := http.NewRequest(method, c.url+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+c.token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	got, _ := io.ReadAll(resp.Body)
	if resp.StatusCode != want {
		c.t.Errorf("%s %s answers %d, want %d: %s", method, path, resp.StatusCode, want, got)
	}
	return got
}
