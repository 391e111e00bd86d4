"""The face detector: labels, network, training, measurement and export."""

# Widths and heights at which the network is used. A picture is given to the one in which it is
# largest; all have about the same number of pixels. Training is done at the first.
SIZES = ((448, 352), (512, 288), (384, 384), (352, 448), (288, 512))
STRIDES = (8, 16, 32)
# Two boxes that overlap by more than this (IoU) are the same face.
NMS_IOU = 0.4
