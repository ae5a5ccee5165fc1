package partnercenter

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxLogged is how much of a body a dry run logs, in bytes. Only uploaded documents are longer.
const maxLogged = 64 << 10

// logUnsent logs the request that a dry run holds back, as it would go out, without the token.
func (c *Client) logUnsent(ctx context.Context, ex Exchange, q request, target url.URL) {
	s := &sending{url: target, ids: [3]string{ex.RequestID, ex.CorrelationID, q.next.token}}
	req := c.newRequest(ctx, s, q, &token{})
	c.log.LogAttrs(ctx, slog.LevelInfo, "dry run, request not sent",
		slog.String("operation", q.op.String()),
		slog.String("method", req.Method),
		slog.String("url", target.String()),
		slog.Any("headers", shown(req.Header)),
		slog.Int("body_bytes", len(q.body)),
		slog.String("body", readable(q.body)),
	)
}

// shown are the headers as lines, in a fixed order. The token is none of them.
func shown(h http.Header) []string {
	lines := make([]string, 0, len(h))
	for name, values := range h {
		if name != "Authorization" {
			lines = append(lines, name+": "+strings.Join(values, ", "))
		}
	}
	slices.Sort(lines)
	return lines
}

func readable(body []byte) string {
	text := shortened(string(body), maxLogged)
	if !utf8.ValidString(text) {
		return strings.ToValidUTF8(text, "\uFFFD")
	}
	return text
}
