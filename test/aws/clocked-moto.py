"""moto's server with a clock of its own: as many seconds ahead as the file says that the first argument names, where the
second is `still` ahead of the start, without moving.

moto 5.2.5 hands out the last of several messages of a FIFO group first when all of them come back together; SQS keeps
their order. What has come back is taken off the group's list before moto looks, which cures it.
"""

import datetime
import sys

from moto.core import utils
from moto.server import main
from moto.sqs.models import SQSBackend

real = utils.utcnow
file, pace = sys.argv.pop(1), sys.argv.pop(1)
start = real() if pace == "still" else None
receive_messages = SQSBackend.receive_message


def now():
    with open(file) as seconds:
        return (start or real()) + datetime.timedelta(seconds=float(seconds.read() or 0))


def receive_in_order(self, queue_name, *args, **more):
    queue = self.get_queue(queue_name)
    for message in list(queue.pending_messages):
        if message.visible:
            queue.pending_messages.discard(message)
    return receive_messages(self, queue_name, *args, **more)


utils.utcnow = now
SQSBackend.receive_message = receive_in_order
main()
