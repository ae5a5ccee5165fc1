package postgres

import (
	"bytes"
	"testing"

	"github.com/jackc/pgx/v5/pgtype"
	"pgregory.net/rapid"
)

// The server gets the same bytes as from pgx itself, whatever the elements.
func TestArraysAreEncodedAsPgxDoes(t *testing.T) {
	t.Parallel()
	own, theirs := pgtype.NewMap(), pgtype.NewMap()
	fastArrays(own)
	rapid.Check(t, func(t *rapid.T) {
		before := rapid.SliceOf(rapid.Byte()).Draw(t, "before")
		texts := rapid.SliceOf(rapid.String()).Draw(t, "texts")
		blobs := rapid.SliceOf(rapid.OneOf(rapid.SliceOf(rapid.Byte()), rapid.Just([]byte(nil)), rapid.Just([]byte{}))).Draw(t, "blobs")
		numbers := rapid.SliceOf(rapid.Int64()).Draw(t, "numbers")
		for oid, value := range map[uint32]any{
			pgtype.TextArrayOID: texts, pgtype.ByteaArrayOID: blobs, pgtype.Int8ArrayOID: numbers,
		} {
			got, err := own.Encode(oid, pgtype.BinaryFormatCode, value, bytes.Clone(before))
			if err != nil {
				t.Fatal(err)
			}
			want, err := theirs.Encode(oid, pgtype.BinaryFormatCode, value, bytes.Clone(before))
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Fatalf("%#v is encoded as % x, not % x", value, got, want)
			}
		}
	})
}

func TestNilSlicesAreNull(t *testing.T) {
	t.Parallel()
	own := pgtype.NewMap()
	fastArrays(own)
	for oid, value := range map[uint32]any{
		pgtype.TextArrayOID: []string(nil), pgtype.ByteaArrayOID: [][]byte(nil), pgtype.Int8ArrayOID: []int64(nil),
	} {
		if got, err := own.Encode(oid, pgtype.BinaryFormatCode, value, []byte{}); got != nil || err != nil {
			t.Errorf("%T: % x, %v", value, got, err)
		}
	}
}

func BenchmarkArrays(b *testing.B) {
	texts := make([]string, 256)
	for i := range texts {
		texts[i] = "0190d2c4-0000-7000-8000-000000000001"
	}
	for name, m := range map[string]*pgtype.Map{"own": pgtype.NewMap(), "pgx": pgtype.NewMap()} {
		if name == "own" {
			fastArrays(m)
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := m.Encode(pgtype.TextArrayOID, pgtype.BinaryFormatCode, texts, make([]byte, 0, 256)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
