// Package web asks HTTP servers in JSON: the portal, and the other doors of the doubles.
//
// Failures: an answer that is a refusal is a [*RefusalError]; every other error is the connection's, so nobody knows what came of
// the request. Nothing is repeated here.
package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

const (
	// timeout is how long somebody waits for an answer before asking again.
	timeout   = 4 * time.Second
	maxAnswer = 64 << 20
)

var errTimeout = errors.New("web: no answer in time")

// Site asks an HTTP server in JSON.
type Site struct {
	Base   string
	token  string
	client *http.Client
}

// New makes a site; token is a bearer token, or empty.
func New(base, token string) *Site {
	return &Site{Base: base, token: token, client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}}
}

// RefusalError is an answer that is no success.
type RefusalError struct {
	Status int
	Code   string `json:"code"`
	Detail string `json:"detail"`
}

// Error is the problem in one line.
func (p *RefusalError) Error() string { return fmt.Sprintf("%d %s: %s", p.Status, p.Code, p.Detail) }

// Passing says whether asking again may help.
func (p *RefusalError) Passing() bool {
	return p.Status >= http.StatusInternalServerError || p.Status == http.StatusTooManyRequests || p.Status == http.StatusRequestTimeout
}

// Ask sends a request once and decodes the answer into out. A refusal is a *RefusalError; anything else is the connection's fault.
func (s *Site) Ask(ctx context.Context, method, path, key string, body, out any) error {
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, errTimeout)
	defer cancel()
	var raw []byte
	if body != nil {
		var err error
		if raw, err = json.Marshal(body); err != nil {
			return err
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, s.Base+path, bytes.NewReader(raw))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	if s.token != "" {
		req.Header.Set("Authorization", "Bearer "+s.token)
	}
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	res, err := s.client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return err
	}
	if res.StatusCode >= http.StatusBadRequest {
		p := &RefusalError{Status: res.StatusCode, Detail: string(answer)}
		_ = json.Unmarshal(answer, p) // what is no problem document is shown as it came
		return p
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(answer, out)
}
