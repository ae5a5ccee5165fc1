package testkit

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"
)

const (
	dockerSocket  = "unix:///var/run/docker.sock"
	pingTimeout   = time.Second
	engineTimeout = 10 * time.Second
)

// engine asks a Docker engine the few things that must be known before testcontainers is worth waiting for.
type engine struct {
	host   string
	client *http.Client
	base   string
}

// newEngine finds the engine that DOCKER_HOST names, or the local one, and gives it a second to answer.
func newEngine(ctx context.Context) (*engine, error) {
	e := &engine{host: cmp.Or(os.Getenv("DOCKER_HOST"), dockerSocket), base: "http://docker"}
	transport := &http.Transport{DisableKeepAlives: true}
	scheme, address, _ := strings.Cut(e.host, "://")
	switch scheme {
	case "unix":
		transport.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", address)
		}
	case "tcp":
		e.base = "http://" + address
	default:
		return nil, fmt.Errorf("DOCKER_HOST is of a kind that this package does not know: %s", scheme)
	}
	e.client = &http.Client{Transport: transport}
	ctx, cancel := context.WithTimeoutCause(ctx, pingTimeout, errors.New("testkit: the Docker engine does not answer"))
	defer cancel()
	if err := e.call(ctx, http.MethodGet, "/_ping", nil); err != nil {
		return nil, fmt.Errorf("no Docker engine: %w", err)
	}
	return e, nil
}

// images are the local images of a repository, the highest tag first.
func (e *engine) images(ctx context.Context, repository string) ([]string, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, engineTimeout, errors.New("testkit: list images timeout"))
	defer cancel()
	var answer []struct{ RepoTags []string }
	if err := e.list(ctx, "/images/json", "reference", repository+":*", &answer); err != nil {
		return nil, err
	}
	var tags []string
	for _, image := range answer {
		for _, tag := range image.RepoTags {
			if strings.HasPrefix(tag, repository+":") {
				tags = append(tags, tag)
			}
		}
	}
	slices.Sort(tags)
	slices.Reverse(tags)
	return tags, nil
}

// removeMarked ends and removes the containers that have a label, with their volumes. None is no error.
func (e *engine) removeMarked(ctx context.Context, label string) error {
	var found []struct{ ID string }
	if err := e.list(ctx, "/containers/json", "label", label, &found); err != nil {
		return err
	}
	var errs []error
	for _, c := range found {
		err := e.call(ctx, http.MethodDelete, "/containers/"+url.PathEscape(c.ID)+"?force=1&v=1", nil)
		var status statusError
		if errors.As(err, &status) && (status == http.StatusNotFound || status == http.StatusConflict) {
			continue // gone, or just going
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// list asks for all that match a filter.
func (e *engine) list(ctx context.Context, path, filter, value string, into any) error {
	filters, err := json.Marshal(map[string][]string{filter: {value}})
	if err != nil {
		return err
	}
	return e.call(ctx, http.MethodGet, path+"?"+url.Values{"all": {"1"}, "filters": {string(filters)}}.Encode(), into)
}

type statusError int

func (s statusError) Error() string { return fmt.Sprintf("the Docker engine answered %d", int(s)) }

func (e *engine) call(ctx context.Context, method, path string, into any) error {
	request, err := http.NewRequestWithContext(ctx, method, e.base+path, nil)
	if err != nil {
		return err
	}
	response, err := e.client.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }() // it was read as far as it matters
	if response.StatusCode >= http.StatusMultipleChoices {
		return statusError(response.StatusCode)
	}
	if into == nil {
		return nil
	}
	return json.NewDecoder(response.Body).Decode(into)
}
