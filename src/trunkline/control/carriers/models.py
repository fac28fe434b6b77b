from django.db import models


class Carrier(models.Model):
    name = models.CharField(max_length=63, unique=True)
    enabled = models.BooleanField(default=True)
    host = models.CharField(max_length=253)
    port = models.PositiveIntegerField(default=0)  # 0: RFC 3263 decides
    transport = models.CharField(max_length=3, default="udp")
    username = models.CharField(max_length=128, blank=True)  # '' when the carrier does not challenge
    password = models.CharField(max_length=128, blank=True)  # as it is: answering a challenge takes the secret itself
    strip = models.PositiveSmallIntegerField(default=0)
    prefix = models.CharField(max_length=16, blank=True)
    created = models.DateTimeField(auto_now_add=True)

    def __str__(self):
        return self.name
