"""A pool for `start_worker`: Celery looks for killed processes five times a second instead of every five seconds."""

from celery.concurrency import asynpool, prefork


class QuickPool(asynpool.AsynPool):
    @property
    def timers(self):
        return {self.maintain_pool: 0.2}


class TaskPool(prefork.TaskPool):
    Pool = QuickPool
