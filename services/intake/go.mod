module github.com/seatflow/seatflow/services/intake

go 1.26.0

require (
	buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go v1.36.12-20260825204119-511051f7f437.1
	buf.build/go/protovalidate v1.4.0
	github.com/cockroachdb/apd/v3 v3.2.3
	github.com/google/uuid v1.6.0
	github.com/jackc/pgx/v5 v5.12.0
	github.com/prometheus/client_golang v1.25.0
	github.com/seatflow/seatflow/proto v0.0.0
	github.com/seatflow/seatflow/services/kit v0.0.0
	github.com/seatflow/seatflow/services/testkit v0.0.0
	google.golang.org/protobuf v1.36.12
	pgregory.net/rapid v1.3.0
)

replace (
	github.com/seatflow/seatflow/proto => ../../proto
	github.com/seatflow/seatflow/services/kit => ../kit
	github.com/seatflow/seatflow/services/testkit => ../testkit
)
