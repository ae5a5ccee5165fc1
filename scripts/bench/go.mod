module github.com/seatflow/seatflow/scripts/bench

go 1.26.0
