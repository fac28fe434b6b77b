"""A place on the Earth, as it is typed."""

import click


class PlaceType(click.ParamType):
    """Latitude and longitude in degrees."""

    name = "LATITUDE,LONGITUDE"

    def convert(self, value, param, ctx):
        try:
            latitude, longitude = map(float, value.split(","))
        except ValueError:
            self.fail(f"{value!r} is no place: write latitude and longitude in degrees, like 52.52,13.405", param, ctx)
        if not (abs(latitude) <= 90 and abs(longitude) <= 180):
            self.fail(f"{value!r} is not on the Earth: -90 to 90, -180 to 180 degrees", param, ctx)
        return latitude, longitude
