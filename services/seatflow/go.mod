module github.com/seatflow/seatflow/services/seatflow

go 1.26.0

require (
	buf.build/go/protovalidate v1.4.0
	github.com/antithesishq/antithesis-sdk-go v0.8.0-default-no-op // indirect
	github.com/cloudevents/sdk-go/v2 v2.16.2
	github.com/emersion/go-sasl v0.0.0-20241020182733-b788ff22d5a6 // indirect
	github.com/emersion/go-smtp v0.25.1 // indirect
	github.com/google/go-tpm v0.9.8 // indirect
	github.com/google/uuid v1.6.0
	github.com/jackc/pgx/v5 v5.12.0
	github.com/klauspost/compress v1.20.3 // indirect
	github.com/minio/highwayhash v1.0.4 // indirect
	github.com/nats-io/jwt/v2 v2.8.2 // indirect
	github.com/nats-io/nats-server/v2 v2.15.2 // indirect
	github.com/nats-io/nats.go v1.55.0
	github.com/nats-io/nkeys v0.4.16 // indirect
	github.com/nats-io/nuid v1.0.1 // indirect
	github.com/prometheus/client_golang v1.25.0
	github.com/seatflow/seatflow/proto v0.0.0
	github.com/seatflow/seatflow/services/approval v0.0.0
	github.com/seatflow/seatflow/services/fulfillment v0.0.0
	github.com/seatflow/seatflow/services/intake v0.0.0
	github.com/seatflow/seatflow/services/kit v0.0.0
	github.com/seatflow/seatflow/services/notification v0.0.0
	github.com/seatflow/seatflow/services/partnersim v0.0.0
	github.com/seatflow/seatflow/services/portal v0.0.0
	github.com/seatflow/seatflow/services/testkit v0.0.0
	go.uber.org/goleak v1.3.0 // indirect
	golang.org/x/crypto v0.58.0 // indirect
	golang.org/x/sys v0.49.0 // indirect
	golang.org/x/time v0.16.0 // indirect
	google.golang.org/protobuf v1.36.12
)

replace (
	github.com/seatflow/seatflow/proto => ../../proto
	github.com/seatflow/seatflow/services/approval => ../approval
	github.com/seatflow/seatflow/services/fulfillment => ../fulfillment
	github.com/seatflow/seatflow/services/intake => ../intake
	github.com/seatflow/seatflow/services/kit => ../kit
	github.com/seatflow/seatflow/services/notification => ../notification
	github.com/seatflow/seatflow/services/partnersim => ../partnersim
	github.com/seatflow/seatflow/services/portal => ../portal
	github.com/seatflow/seatflow/services/testkit => ../testkit
)
