"""moto's server with a clock of its own: it stands still, as many seconds ahead of the start as the file says that the
first argument names.

moto 5.2.5 hands out the last of several messages of a FIFO group first when all of them come back together; SQS keeps
their order. What has come back is taken off the group's list before moto looks, which cures it.
"""

import datetime
import sys

from moto.core import utils
from moto.server import main
from moto.sqs.models import SQSBackend

start = utils.utcnow()
file = sys.argv.pop(1)
receive_messages = SQSBackend.receive_message


def now():
    with open(file) as seconds:
        return start + datetime.timedelta(seconds=float(seconds.read() or 0))


def receive_in_order(self, queue_name, *args, **more):
    queue = self.get_queue(queue_name)
    for message in list(queue.pending_messages):
        if message.visible:
            queue.pending_messages.discard(message)
    return receive_messages(self, queue_name, *args, **more)


utils.utcnow = now
SQSBackend.receive_message = receive_in_order
main()
