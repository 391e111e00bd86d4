"""The face detector: labels, network, training, measurement and export."""

# Widths and heights at which the network is used. A picture is given to the one in which it is
# largest; all have about the same number of pixels.
SIZES = ((416, 320), (448, 256), (352, 352), (320, 416), (256, 448))
STRIDES = (8, 16, 32)
# Two boxes that overlap by more than this (IoU) are the same face.
NMS_IOU = 0.4
