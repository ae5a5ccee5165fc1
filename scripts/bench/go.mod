module github.com/seatflow/seatflow/scripts/bench

go 1.26.0

require (
	github.com/jackc/pgx/v5 v5.12.0
	github.com/nats-io/nats.go v1.55.0
	github.com/seatflow/seatflow/proto v0.0.0
	github.com/seatflow/seatflow/services/kit v0.0.0
	google.golang.org/protobuf v1.36.12
)

replace (
	github.com/seatflow/seatflow/proto => ../../proto
	github.com/seatflow/seatflow/services/kit => ../../services/kit
	github.com/seatflow/seatflow/services/testkit => ../../services/testkit
)
