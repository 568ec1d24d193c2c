package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Traced is another pool like p, whose connections tell a tracer of their own what they do.
func Traced(p *Pool, tracer pgx.QueryTracer) (*Pool, error) {
	config := p.pool.Config()
	config.ConnConfig.Tracer = tracer
	pool, err := pgxpool.NewWithConfig(context.Background(), config)
	return &Pool{pool: pool}, err
}
