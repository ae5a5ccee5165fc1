// Package sink is the mail server of a measurement: it takes every mail, keeps none, and tells how many it took.
//
// Model: an SMTP server and a small page, both on loopback, in a process of its own. A connection is read into one buffer,
// in which commands and the end of a mail are found where they stand; what answers the commands of one read leaves in one
// write. GET /api/messages answers {"total": n}.
//
// Guarantees: a mail counts when its last line, a dot alone, was read, and then only is it answered with 250. Its envelope
// must be in order: sender, at least one recipient, then the mail. Lines end with CRLF and nothing else, so no mail can be
// taken for two. Memory is bounded by the connections.
//
// Failures: what is no SMTP is answered with its code, and a line without an end with the end of the connection. It asks
// nobody who they are and sets no time limits: it is for its own machine, and for as long as a measurement takes.
package sink

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	loopback      = "127.0.0.1:0"
	headerTimeout = 5 * time.Second
)

// Run serves until ctx ends. It first says where, in one line: "smtp ADDRESS page URL".
func Run(ctx context.Context, out io.Writer) error {
	mails, err := new(net.ListenConfig).Listen(ctx, "tcp", loopback)
	if err != nil {
		return err
	}
	defer mails.Close() // closed twice when all goes well
	pages, err := new(net.ListenConfig).Listen(ctx, "tcp", loopback)
	if err != nil {
		return err
	}
	var taken atomic.Int64
	page := &http.Server{Handler: counts(&taken), ReadHeaderTimeout: headerTimeout}
	group, over := errgroup.WithContext(ctx)
	group.Go(func() error { return page.Serve(pages) })
	group.Go(func() error { return serve(over, mails, &taken) })
	group.Go(func() error {
		<-over.Done()
		return errors.Join(mails.Close(), page.Close()) // nobody is left to be kept waiting for
	})
	fmt.Fprintln(out, "smtp", mails.Addr(), "page http://"+pages.Addr().String())
	if err := group.Wait(); ctx.Err() == nil {
		return err
	}
	return nil // everything ends with an error then
}

// counts is the page.
func counts(taken *atomic.Int64) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/messages", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"total":`+strconv.FormatInt(taken.Load(), 10)+`}`) // fails only when the reader is gone
	})
	return mux
}

// serve takes connections until the listener is closed, and then ends those that are open.
func serve(ctx context.Context, l net.Listener, taken *atomic.Int64) error {
	ctx, cancel := context.WithCancel(ctx)
	var open sync.WaitGroup
	defer open.Wait()
	defer cancel()
	for {
		c, err := l.Accept()
		if err != nil {
			return err
		}
		open.Go(func() {
			defer c.Close()
			unhook := context.AfterFunc(ctx, func() { c.Close() })
			defer unhook()
			talk(c, taken)
		})
	}
}
